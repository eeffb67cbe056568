"""From an augmentation of the config to Keras's layer, made to draw as a function of the batch alone."""

from __future__ import annotations

from typing import Any

from shapenet.data.augmentation.draws import make_draws
from shapenet.fields import WHITE
from shapenet.registry import Component


def value_range(dtype: str) -> tuple[float, float]:
    """The least and the greatest value that images of a type hold: 0 to 255, 65535 or, for floats, 1."""
    return 0.0, WHITE.get(dtype, 1.0)


def lacks_value_range(component: Component) -> bool:
    """Whether a layer has to know what values images hold, and its arguments don't say it."""
    return "value_range" in component.entry.parameters and component.arguments.get("value_range") is None


def make_layer(component: Component, dtype: str, seed: int, number: int) -> Any:
    """The Keras layer of an augmentation.

    It computes in float32, whatever the precision of the model, and in TensorFlow, whatever
    the backend: it runs in the input pipeline.

    Args:
        component: Name and arguments; ``value_range`` is filled in unless given.
        dtype: NumPy's name of the images' type.
        seed: The experiment's seed.
        number: The augmentation's position in the config.

    Returns:
        The layer; its ``draws`` and those of the layers in it are `make_draws`'s.

    Raises:
        TypeError: A plug-in made something else than an image preprocessing layer of Keras's kind.
    """
    more: dict[str, Any] = {}
    if lacks_value_range(component):
        component = component.without("value_range")
        more["value_range"] = value_range(dtype)
    layer = component.create(**more)
    if not hasattr(layer, "get_random_transformation"):
        expected = "expected a layer derived from one of Keras's augmentation layers, such as keras.layers.RandomInvert"
        raise TypeError(f"{expected}; received {type(layer).__name__}")
    draws = make_draws(seed, number)
    for inner in _with_inner(layer):
        inner.dtype_policy = "float32"
        inner.backend.set_backend("tensorflow")
        inner._get_seed_generator = lambda backend=None: draws
    layer.draws = draws
    return layer


def _with_inner(layer: Any) -> list[Any]:
    """`layer` and the layers that it holds."""
    return list(layer._flatten_layers(include_self=True, recursive=True))
