"""The block ``Transition``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapenet.layers.parts import Activation, Normalization, Style, check_map
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("Transition")
def transition(
    *,
    compression: Annotated[float, Field(gt=0, le=1)] = 0.5,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    name: str | None = None,
) -> Any:
    """Fewer channels at half the size, between dense blocks (DenseNet; Huang et al., 2017).

    Args:
        compression: Share of the channels that stays.
        normalization: ``batch``, ``layer``, ``group`` or ``none``, before the convolution.
        activation: One of Keras's, before the convolution; null for none.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from ``(batch, height, width, channels)`` to
        ``(batch, height // 2, width // 2, channels * compression)``.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any) -> Any:
        from keras import layers

        check_map("Transition", features)
        filters = max(1, int(features.shape[-1] * compression))
        features = style.finished(features, "pre")
        plain = Style(name, "none", None)
        features = plain.conv(features, filters, 1, "conv", use_bias=normalization == "none")
        return layers.AveragePooling2D(2, name=style.named("pool"))(features)

    return apply
