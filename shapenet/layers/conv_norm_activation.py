"""The block ``ConvNormActivation``."""

from __future__ import annotations

from typing import Any, Literal

from shapenet.layers.parts import Activation, Count, KernelSize, Normalization, Stride, Style, check_map
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("ConvNormActivation")
def conv_norm_activation(
    *,
    filters: Count,
    kernel_size: KernelSize = 3,
    strides: Stride = 1,
    padding: Literal["same", "valid"] = "same",
    dilation_rate: Count = 1,
    groups: Count = 1,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    name: str | None = None,
) -> Any:
    """A convolution, a normalization and an activation (Ioffe and Szegedy, 2015).

    Args:
        filters: Channels of the output.
        kernel_size: Side of the kernel in pixels.
        strides: Pixels between two places of the kernel.
        padding: ``same`` pads the edges with zeros; ``valid`` loses them.
        dilation_rate: Pixels between two weights of the kernel.
        groups: In how many groups channels are convolved, each by itself.
        normalization: ``batch``, ``layer``, ``group`` or ``none``; with one, there is no bias.
        activation: One of Keras's; null for none.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from and to ``(batch, height, width, channels)``.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any) -> Any:
        check_map("ConvNormActivation", features)
        more: dict[str, Any] = {"padding": padding, "dilation_rate": dilation_rate, "groups": groups}
        return style.conv(features, filters, kernel_size, "conv", strides=strides, **more)

    return apply
