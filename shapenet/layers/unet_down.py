"""The block ``UNetDown``."""

from __future__ import annotations

from typing import Any

from shapenet.errors import ConfigError
from shapenet.layers.parts import Activation, Count, KernelSize, Normalization, Rate, Style, check_map
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("UNetDown")
def unet_down(
    *,
    filters: Count,
    pool_size: Count = 2,
    kernel_size: KernelSize = 3,
    dropout: Rate = 0.0,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    name: str | None = None,
) -> Any:
    """One level down the U: max pooling and two convolutions (U-Net; Ronneberger et al., 2015).

    Its output is both what the next level goes on with and what `UNetUp` takes as its skip,
    so give it a name. ``pool_size: 1`` makes the first level, which does not pool. Unlike the
    original's, the convolutions keep the size.

    Args:
        filters: Channels of the output.
        pool_size: Pixels of a side that become one.
        kernel_size: Side of the kernels in pixels.
        dropout: Share of the output that is set to 0 while training.
        normalization: ``batch``, ``layer``, ``group`` or ``none``.
        activation: One of Keras's; null for none.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from ``(batch, height, width, channels)`` to
        ``(batch, height // pool_size, width // pool_size, filters)``.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any) -> Any:
        from keras import layers

        check_map("UNetDown", features)
        sides = [side for side in features.shape[1:3] if side is not None]
        if sides and min(sides) < pool_size:
            message = f"UNetDown would leave nothing: pool_size {pool_size}, received {tuple(features.shape[1:])}"
            raise ConfigError("model/too-small", message)
        if pool_size > 1:
            features = layers.MaxPooling2D(pool_size, name=style.named("pool"))(features)
        return two_convs(style, features, filters, kernel_size, dropout)

    return apply


def two_convs(style: Style, features: Any, filters: int, kernel_size: int, dropout: float) -> Any:
    """The two convolutions of a level, and dropout if it is not 0."""
    from keras import layers

    features = style.conv(features, filters, kernel_size, "conv1")
    features = style.conv(features, filters, kernel_size, "conv2")
    return layers.Dropout(dropout, name=style.named("dropout"))(features) if dropout else features
