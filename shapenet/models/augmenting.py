"""Augmentations among the layers of a model: which they are, and the model with some of them at work."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from shapenet.registry import REGISTRIES


def augmenting_layers(model: Any) -> tuple[str, ...]:
    """The names of those of a Keras model's layers that are augmentations, or are derived from one."""
    known = REGISTRIES["augmentation"]
    return tuple(layer.name for layer in model.layers if any(base.__name__ in known for base in type(layer).__mro__))


def augmenting(model: Any, names: Collection[str], *, training: bool) -> Callable[[Any], Any]:
    """A model as a function of its inputs, in which only some of its augmentations are at work.

    Augmentations that are not random, such as AutoContrast, always are.

    Args:
        model: A functional ``keras.Model``.
        names: Those of `augmenting_layers` that are at work.
        training: Whether its other layers work as they do in training.
    """
    import keras

    augmentations = augmenting_layers(model)
    if not augmentations:
        return lambda inputs: model(inputs, training=training)

    def call_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer):  # an operation of keras.ops
            return layer(*args, **kwargs)
        works = layer.name in names if layer.name in augmentations else training
        return layer(*args, **{**kwargs, "training": works})

    plain = keras.Model(model.input, model.output)  # a clone of a compiled model would be compiled too
    clone: Callable[[Any], Any] = keras.models.clone_model(plain, clone_function=_same, call_function=call_layer)
    return clone


def _same(layer: Any) -> Any:
    return layer
