"""The block ``SqueezeExcite``."""

from __future__ import annotations

from typing import Any

from shapenet.layers.parts import Activation, Count, Style, check_map
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("SqueezeExcite")
def squeeze_excite(
    *,
    ratio: Count = 16,
    activation: Activation = "relu",
    gate: Activation = "sigmoid",
    name: str | None = None,
) -> Any:
    """Weigh each channel by what the whole image shows (Hu et al., 2018).

    Args:
        ratio: Channels for each unit of the inner layer.
        activation: One of Keras's, of the inner layer.
        gate: One of Keras's, that makes the weights; MobileNetV3 has ``hard_sigmoid``.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from and to ``(batch, height, width, channels)``.
    """

    def apply(features: Any) -> Any:
        check_map("SqueezeExcite", features)
        inner = max(1, features.shape[-1] // ratio)
        return excited(Style(name, activation=activation), features, inner, gate)

    return apply


def excited(style: Style, features: Any, units: int, gate: str | None) -> Any:
    """`features`, each channel multiplied by its weight.

    Args:
        style: Names the layers, and activates the inner one.
        features: ``(batch, height, width, channels)``.
        units: Of the inner layer.
        gate: The activation that makes the weights.
    """
    from keras import layers

    weights = layers.GlobalAveragePooling2D(keepdims=True, name=style.named("squeeze"))(features)
    weights = layers.Dense(units, activation=style.activation, name=style.named("reduce"))(weights)
    weights = layers.Dense(features.shape[-1], activation=gate, name=style.named("excite"))(weights)
    return layers.Multiply(name=style.named("scale"))([features, weights])
