"""The block ``UNetUp``."""

from __future__ import annotations

from typing import Any, Literal

from shapenet.errors import ConfigError
from shapenet.layers.fit_size import fit_size
from shapenet.layers.parts import Activation, Count, KernelSize, Normalization, Rate, Style, check_map
from shapenet.layers.unet_down import two_convs
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("UNetUp")
def unet_up(
    *,
    filters: Count,
    size: Count = 2,
    upsampling: Literal["transpose", "bilinear", "nearest"] = "transpose",
    kernel_size: KernelSize = 3,
    dropout: Rate = 0.0,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    name: str | None = None,
) -> Any:
    """One level up the U: enlarge, put the skip beside it, two convolutions (Ronneberger et al., 2015).

    It takes two inputs: ``UNetUp: {filters: 32, inputs: [previous, level1]}``. Pooling rounds
    odd sizes down, so what is enlarged may lack a few rows and columns of the skip: they are
    added as zeros, and what is over is cut off, at the bottom and on the right. The output
    has the size of the skip.

    Args:
        filters: Channels of the output.
        size: How many times as large a side becomes; the `pool_size` of the level.
        upsampling: ``transpose``, a transposed convolution; ``bilinear`` or ``nearest``, without weights.
        kernel_size: Side of the kernels in pixels.
        dropout: Share of the output that is set to 0 while training.
        normalization: ``batch``, ``layer``, ``group`` or ``none``.
        activation: One of Keras's; null for none.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function of what is enlarged ``(batch, height, width, channels)`` and the skip
        ``(batch, skip_height, skip_width, ...)`` to ``(batch, skip_height, skip_width, filters)``.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any, skip: Any) -> Any:
        from keras import layers

        for tensor in (features, skip):
            check_map("UNetUp", tensor)
        _check_sizes(features, skip, size)
        if upsampling == "transpose":
            up = layers.Conv2DTranspose(filters, size, strides=size, name=style.named("up"))(features)
        else:
            up = layers.UpSampling2D(size, interpolation=upsampling, name=style.named("up"))(features)
        if None in skip.shape[1:3] or up.shape[1:3] != skip.shape[1:3]:
            up = fit_size(name=style.named("fit"))(up, skip)
        joined = layers.Concatenate(name=style.named("concatenate"))([skip, up])
        return two_convs(style, joined, filters, kernel_size, dropout)

    return apply


def _check_sizes(features: Any, skip: Any, size: int) -> None:
    """Refuse a skip that is not of the level above: pooling loses less than `size` rows and columns."""
    pairs = list(zip(features.shape[1:3], skip.shape[1:3], strict=True))
    if all(None in pair or abs(pair[0] * size - pair[1]) < size for pair in pairs):
        return
    small, wanted = (f"{tensor.shape[1]} x {tensor.shape[2]}" for tensor in (features, skip))
    enlarged = " x ".join("?" if side is None else str(side * size) for side, _ in pairs)
    message = f"UNetUp enlarges {small} to {enlarged}, and its skip has {wanted}"
    ratios = {round(pair[1] / pair[0]) for pair in pairs if None not in pair}
    ratio = ratios.pop() if len(ratios) == 1 else 0
    hint = "name the level of the same size as skip: inputs: [previous, LEVEL]"
    if ratio > 1:
        hint += f"; or give size: {ratio}"
    raise ConfigError("model/shape", message, hint=hint)
