"""The table of a model's layers: shapes, parameters and activation memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Attributes:
        name: Its name in the model.
        layer: Its class.
        output_shape: Without the batch.
        num_parameters: All of its parameters.
        num_trainable: Those that learn: not those of frozen layers, nor moving statistics.
        activation_bytes: What its output takes for one image, and those of the layers in it; None
            where its size varies.
    """

    name: str
    layer: str
    output_shape: tuple[int | None, ...]
    num_parameters: int
    num_trainable: int
    activation_bytes: int | None


def layer_rows(model: Any) -> list[LayerRow]:
    """A row for each layer of a Keras model, in the order of the graph."""
    return [
        LayerRow(
            layer.name, type(layer).__name__, shape, layer.count_params(), num_trainable(layer), _bytes(layer, shape)
        )
        for layer in model.layers
        for shape in [tuple(layer.output.shape[1:])]
    ]


def num_trainable(layer: Any) -> int:
    """How many parameters of a layer or model learn, as it is now."""
    return sum(math.prod(variable.shape) for variable in layer.trainable_variables)


def _bytes(layer: Any, shape: tuple[int | None, ...]) -> int | None:
    inside = layer_rows(layer.model) if hasattr(layer, "model") else []  # a whole network as one layer
    if inside:
        found = [row.activation_bytes for row in inside]
        return None if None in found else sum(size or 0 for size in found)
    sides = [side for side in shape if side is not None]
    if len(sides) < len(shape):
        return None
    widths = {"float64": 8, "int64": 8, "float16": 2, "bfloat16": 2, "uint8": 1, "bool": 1, "uint16": 2}
    return math.prod(sides) * widths.get(str(layer.output.dtype), 4)


def activation_bytes(rows: list[LayerRow], batch_size: int) -> int:
    """Estimate of the memory for activations while a batch is trained.

    Every layer's output is held for the backward pass, so it is their sum; what
    layers hold besides, and buffers that are shared, are not counted. Nor are outputs
    whose size varies.
    """
    return batch_size * sum(row.activation_bytes or 0 for row in rows)
