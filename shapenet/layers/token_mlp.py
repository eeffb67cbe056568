"""The network of two dense layers inside transformers and mixers."""

from __future__ import annotations

from typing import Any

from shapenet.layers.parts import Style


def mlp(style: Style, values: Any, units: int, dropout: float, part: str) -> Any:
    """Two dense layers on the last axis, with the activation of `style` between them.

    Args:
        style: Names and activates them.
        values: ``(..., channels)``.
        units: Of the first.
        dropout: Share of each one's output that is set to 0 while training.
        part: What they are called in the block.

    Returns:
        ``(..., channels)``.
    """
    from keras import layers

    channels = values.shape[-1]
    values = layers.Dense(units, activation=style.activation, name=style.named(f"{part}_in"))(values)
    if dropout:
        values = layers.Dropout(dropout, name=style.named(f"{part}_in_dropout"))(values)
    values = layers.Dense(channels, name=style.named(f"{part}_out"))(values)
    return layers.Dropout(dropout, name=style.named(f"{part}_out_dropout"))(values) if dropout else values
