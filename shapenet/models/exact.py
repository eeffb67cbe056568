"""Which layers compute in float32 whatever the precision: those that end a model without a task's head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from shapenet.models.logits import passes_on
from shapenet.models.names import input_names
from shapenet.models.scope import INPUT, PREVIOUS
from shapenet.registry import Component

_WITHOUT_WEIGHTS = ("Activation", "Add", "ELU", "LeakyReLU", "ReLU", "Rescaling", "Softmax", "Subtract")


def exact_layers(layers: Sequence[Component], outputs: Iterable[int]) -> frozenset[int]:
    """The places of `outputs`, and of the layers before them up to the last ones that have weights.

    Numbers that one of these rounded to half precision would stay so.

    Args:
        layers: The layers, first to last.
        outputs: Places of those that give the model's outputs.
    """
    places = {INPUT: -1} | {str(layer.arguments.get("name")): place for place, layer in enumerate(layers)}
    found: set[int] = set()
    pending = [*outputs]
    while pending:
        place = pending.pop()
        if place < 0 or place in found:
            continue
        found.add(place)
        if passes_on(layers[place].name) or layers[place].name in _WITHOUT_WEIGHTS:
            names = input_names(layers[place]) or [PREVIOUS]
            pending += [place - 1 if name == PREVIOUS else places.get(name, -1) for name in names]
    return frozenset(found)


@contextmanager
def in_float32() -> Iterator[None]:
    """Let layers that are made in the block compute in float32."""
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
