"""The block ``DenseBlock``."""

from __future__ import annotations

from typing import Any

from shapenet.layers.parts import Activation, Count, Normalization, Rate, Style, check_map
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("DenseBlock")
def dense_block(
    *,
    num_layers: Count,
    growth_rate: Count = 12,
    bottleneck: bool = True,
    dropout: Rate = 0.0,
    normalization: Normalization = "batch",
    activation: Activation = "relu",
    name: str | None = None,
) -> Any:
    """Convolutions that each see the outputs of all before them (DenseNet; Huang et al., 2017).

    Args:
        num_layers: How many convolutions of 3 x 3 pixels.
        growth_rate: Channels that each of them adds.
        bottleneck: Narrow what each sees to ``4 * growth_rate`` channels first.
        dropout: Share of each output that is set to 0 while training.
        normalization: ``batch``, ``layer``, ``group`` or ``none``, before each convolution.
        activation: One of Keras's, before each convolution; null for none.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from ``(batch, height, width, channels)`` to
        ``(batch, height, width, channels + num_layers * growth_rate)``.
    """
    style = Style(name, normalization, activation)
    plain, use_bias = Style(name, "none", None), normalization == "none"

    def apply(features: Any) -> Any:
        from keras import layers

        check_map("DenseBlock", features)
        for number in range(1, num_layers + 1):
            added = style.finished(features, f"pre{number}")
            if bottleneck:
                added = plain.conv(added, 4 * growth_rate, 1, f"reduce{number}", use_bias=use_bias)
                added = style.finished(added, f"reduced{number}")
            added = plain.conv(added, growth_rate, 3, f"conv{number}", use_bias=use_bias)
            if dropout:
                added = layers.Dropout(dropout, name=style.named(f"dropout{number}"))(added)
            features = layers.Concatenate(name=style.named(f"concatenate{number}"))([features, added])
        return features

    return apply
