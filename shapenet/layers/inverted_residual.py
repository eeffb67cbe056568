"""The block ``InvertedResidual``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapenet.layers.parts import Activation, Count, KernelSize, Normalization, Rate, Stride, Style, check_map
from shapenet.layers.squeeze_excite import excited
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("InvertedResidual")
def inverted_residual(
    *,
    filters: Count,
    expansion: Annotated[float, Field(ge=1, le=64)] = 6.0,
    kernel_size: KernelSize = 3,
    strides: Stride = 1,
    squeeze_excite: Count | None = None,
    normalization: Normalization = "batch",
    activation: Activation = "relu6",
    stochastic_depth: Rate = 0.0,
    name: str | None = None,
) -> Any:
    """Widen, convolve each channel by itself, narrow; added to what came in where it fits.

    The block of MobileNetV2 (Sandler et al., 2018): 1 x 1 to ``channels * expansion`` (left out
    where that is 1), depthwise with the strides, linear 1 x 1 to `filters`. With
    ``squeeze_excite: 4`` and ``activation: hard_silu`` that of MobileNetV3 (Howard et al., 2019).

    Args:
        filters: Channels of the output.
        expansion: How many times as many channels the depthwise convolution has as the input.
        kernel_size: Side of the depthwise kernel in pixels.
        strides: Pixels between two places of the depthwise kernel.
        squeeze_excite: Weigh the wide channels, with one inner unit for so many of them; see `SqueezeExcite`.
        normalization: ``batch``, ``layer``, ``group`` or ``none``.
        activation: One of Keras's; null for none.
        stochastic_depth: See `StochasticDepth`: share of the images that go without the convolutions,
            where there is a sum.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from and to ``(batch, height, width, channels)``.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any) -> Any:
        check_map("InvertedResidual", features)
        channels = features.shape[-1]
        wide = round(channels * expansion)
        branch = features if wide == channels else style.conv(features, wide, 1, "expand")
        branch = style.depthwise(branch, kernel_size, "depthwise", strides=strides)
        if squeeze_excite:
            gate = Style(style.named("squeeze_excite"), activation="relu")
            branch = excited(gate, branch, max(1, wide // squeeze_excite), "hard_sigmoid")
        branch = style.conv(branch, filters, 1, "project", linear=True)
        fits = strides == 1 and channels == filters
        return style.added(features, branch, stochastic_depth) if fits else branch

    return apply
