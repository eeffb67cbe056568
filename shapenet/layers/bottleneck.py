"""The block ``Bottleneck``."""

from __future__ import annotations

from typing import Any

from shapenet.layers.parts import Activation, Count, KernelSize, Normalization, Rate, Stride, Style, check_map
from shapenet.layers.shortcut import projected
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("Bottleneck")
def bottleneck(
    *,
    filters: Count,
    expansion: Count = 4,
    kernel_size: KernelSize = 3,
    strides: Stride = 1,
    groups: Count = 1,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    stochastic_depth: Rate = 0.0,
    name: str | None = None,
) -> Any:
    """Three convolutions, the middle one on few channels, added to what came in (He et al., 2016).

    1 x 1 to `filters` channels, `kernel_size` with the strides, 1 x 1 to ``filters * expansion``.
    With `groups`, it is the block of ResNeXt (Xie et al., 2017).

    Args:
        filters: Channels of the middle convolution.
        expansion: How many times as many channels the output has.
        kernel_size: Side of the middle kernel in pixels.
        strides: Pixels between two places of the middle kernel.
        groups: In how many groups the middle one convolves channels; divides `filters`.
        normalization: ``batch``, ``layer``, ``group`` or ``none``.
        activation: One of Keras's; null for none.
        stochastic_depth: See `StochasticDepth`: share of the images that go without the convolutions.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from ``(batch, height, width, channels)`` to as many axes.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any) -> Any:
        check_map("Bottleneck", features)
        branch = style.conv(features, filters, 1, "reduce")
        branch = style.conv(branch, filters, kernel_size, "conv", strides=strides, groups=groups)
        branch = style.conv(branch, filters * expansion, 1, "expand", linear=True)
        shortcut = projected(style, features, branch, strides)
        return style.activated(style.added(shortcut, branch, stochastic_depth), "activation")

    return apply
