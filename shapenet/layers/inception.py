"""The block ``Inception``."""

from __future__ import annotations

from typing import Any

from shapenet.layers.parts import Activation, Count, Normalization, Style, check_map
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("Inception")
def inception(
    *,
    filters_1x1: Count,
    reduce_3x3: Count,
    filters_3x3: Count,
    reduce_5x5: Count,
    filters_5x5: Count,
    filters_pool: Count,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    name: str | None = None,
) -> Any:
    """Kernels of several sizes side by side (GoogLeNet; Szegedy et al., 2015).

    Args:
        filters_1x1: Channels of the 1 x 1 branch.
        reduce_3x3: Channels that the 3 x 3 branch is narrowed to first.
        filters_3x3: Channels of the 3 x 3 branch.
        reduce_5x5: Channels that the 5 x 5 branch is narrowed to first.
        filters_5x5: Channels of the 5 x 5 branch.
        filters_pool: Channels of the branch of 3 x 3 max pooling and a 1 x 1 convolution.
        normalization: ``batch``, ``layer``, ``group`` or ``none``, as in the original.
        activation: One of Keras's; null for none.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from ``(batch, height, width, channels)`` to the four branches side by side:
        ``(batch, height, width, filters_1x1 + filters_3x3 + filters_5x5 + filters_pool)``.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any) -> Any:
        from keras import layers

        check_map("Inception", features)
        narrow = style.conv(features, filters_1x1, 1, "conv_1x1")
        middle = style.conv(features, reduce_3x3, 1, "reduce_3x3")
        middle = style.conv(middle, filters_3x3, 3, "conv_3x3")
        wide = style.conv(features, reduce_5x5, 1, "reduce_5x5")
        wide = style.conv(wide, filters_5x5, 5, "conv_5x5")
        pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=style.named("pool"))(features)
        pooled = style.conv(pooled, filters_pool, 1, "pool_conv")
        return layers.Concatenate(name=style.named("concatenate"))([narrow, middle, wide, pooled])

    return apply
