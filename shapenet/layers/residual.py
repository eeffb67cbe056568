"""The block ``Residual``."""

from __future__ import annotations

from typing import Any

from shapenet.layers.parts import Activation, Count, KernelSize, Normalization, Rate, Stride, Style, check_map
from shapenet.layers.shortcut import projected
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("Residual")
def residual(
    *,
    filters: Count,
    kernel_size: KernelSize = 3,
    strides: Stride = 1,
    preactivation: bool = False,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    stochastic_depth: Rate = 0.0,
    name: str | None = None,
) -> Any:
    """Two convolutions whose result is added to what came in (He et al., 2016).

    Where strides or channels change the shape, a 1 x 1 convolution makes the shortcut fit.

    Args:
        filters: Channels of the output.
        kernel_size: Side of the kernels in pixels.
        strides: Pixels between two places of the first kernel.
        preactivation: Normalize and activate before the convolutions, and not after the sum ("Identity
            mappings", 2016): end such a net with both.
        normalization: What follows each convolution, or comes before it.
        activation: One of Keras's; null for none.
        stochastic_depth: See `StochasticDepth`: share of the images that go without the convolutions.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from and to ``(batch, height, width, channels)``.
    """
    style = Style(name, normalization, activation)

    def after(features: Any) -> Any:
        branch = style.conv(features, filters, kernel_size, "conv1", strides=strides)
        branch = style.conv(branch, filters, kernel_size, "conv2", linear=True)
        shortcut = projected(style, features, branch, strides)
        return style.activated(style.added(shortcut, branch, stochastic_depth), "activation")

    def before(features: Any) -> Any:
        plain = Style(name, "none", None)
        active = style.finished(features, "pre1")
        branch = plain.conv(active, filters, kernel_size, "conv1", strides=strides, use_bias=normalization == "none")
        branch = plain.conv(style.finished(branch, "pre2"), filters, kernel_size, "conv2")
        shortcut = features if strides == 1 and features.shape[-1] == filters else active
        return style.added(projected(plain, shortcut, branch, strides), branch, stochastic_depth)

    def apply(features: Any) -> Any:
        check_map("Residual", features)
        return before(features) if preactivation else after(features)

    return apply
