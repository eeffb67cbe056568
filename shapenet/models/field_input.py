"""The input of a model that is given fields of a record in place of its image."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from shapenet.config.model_input import ModelInputConfig
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.tasks.base import DataSpec
from shapenet.tasks.moments import moments_of

_LABEL = "label"


@dataclass(frozen=True)
class FieldsSpec:
    """What the data gives a model of numbers.

    Attributes:
        fields: Type and shape of each field that the model is given.
        encoding: How they become a vector.
    """

    fields: Mapping[str, Field]
    encoding: Encoding


@dataclass(frozen=True)
class Encoding:
    """How fields become one vector: numbers standardised, then sines, then cosines, then the label.

    Attributes:
        numbers: The fields that are standardised.
        periods: The fields that become sines and cosines, each with the periods of these.
        num_classes: Length of the one-hot vector that the label becomes; 0 without the label.
        means: Of each number of `numbers`, vectors laid one after another.
        stds: Standard deviations, all above 0.
    """

    numbers: tuple[str, ...]
    periods: Mapping[str, tuple[float, ...]]
    num_classes: int
    means: tuple[float, ...]
    stds: tuple[float, ...]


def fields_spec(given: ModelInputConfig, data: DataSpec) -> FieldsSpec:
    """What a model is given of data, by the section ``model.input``.

    Args:
        given: The section; its fields are there.
        data: Types, shapes and statistics of the fields.

    Raises:
        ConfigError: A field holds no numbers, or not those that the run was trained with.
    """
    fields = {name: data.fields[name] for name in given.fields}
    numbers = tuple(name for name in fields if name != _LABEL and name not in given.periods)
    means: list[float] = []
    stds: list[float] = []
    for name, field in fields.items():
        _check_field(name, field)
        if name in numbers:
            mean, std = moments_of(data, name, "config/model-input", ("model", "input", "fields"))
            means.extend(mean)
            stds.extend(std)
    num_classes = len(data.classes) if _LABEL in fields else 0
    return FieldsSpec(fields, Encoding(numbers, dict(given.periods), num_classes, tuple(means), tuple(stds)))


def _check_field(name: str, field: Field) -> None:
    if not field.holds_numbers:
        message = f"expected numbers in the field {name!r}, received values of the shape {field.shape}"
        raise ConfigError("config/model-input", message, key=("model", "input", "fields"))


def enter(spec: FieldsSpec) -> tuple[dict[str, Any], Any]:
    """The input tensors of a model by field, and the vector that its first layer gets, ``(batch, numbers)``."""
    import keras

    inputs = {name: keras.Input(field.shape, dtype=field.dtype, name=name) for name, field in spec.fields.items()}
    return inputs, encoding_class()(spec.encoding, dtype="float32", name="input_numbers")(inputs)


@cache
def encoding_class() -> Any:
    """The class of the first layer; Keras can serialise it."""
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable("shapenet")
    class FieldsToVector(keras.layers.Layer):  # type: ignore[misc]
        """From fields ``(batch, *shape)`` by their names to vectors ``(batch, numbers)``; see `Encoding`.

        Means and deviations are weights that training leaves alone, so that whoever has the weights has them.
        """

        holds_statistics = True  # so that `init` does not take them from elsewhere

        def __init__(self, encoding: Encoding | dict[str, Any], **options: Any) -> None:
            super().__init__(**options)
            self.encoding = _from_config(encoding) if isinstance(encoding, dict) else encoding

        def build(self, input_shape: Any) -> None:
            """Make the weights."""
            for name in ("means", "stds") if self.encoding.numbers else ():
                values = getattr(self.encoding, name)
                start = keras.initializers.Constant(values)
                setattr(self, name, self.add_weight((len(values),), start, trainable=False, name=name))

        def call(self, fields: Any) -> Any:
            """The vectors."""
            encoding = self.encoding
            parts = []
            if encoding.numbers:
                numbers = ops.concatenate([self._flat(fields[name]) for name in encoding.numbers], axis=-1)
                parts.append((numbers - self.means) / self.stds)
            turns = [
                self._flat(fields[name]) * (math.tau / period)
                for name, periods in encoding.periods.items()
                for period in periods
            ]
            parts += [*map(ops.sin, turns), *map(ops.cos, turns)]
            if encoding.num_classes:
                parts.append(ops.one_hot(fields[_LABEL], encoding.num_classes, dtype=self.compute_dtype))
            return ops.concatenate(parts, axis=-1)

        def _flat(self, values: Any) -> Any:
            return ops.reshape(ops.cast(values, self.compute_dtype), (-1, math.prod(values.shape[1:])))

        def get_config(self) -> dict[str, Any]:
            """Name, type and encoding."""
            return {**super().get_config(), "encoding": asdict(self.encoding)}

    return FieldsToVector


def _from_config(values: Mapping[str, Any]) -> Encoding:
    lists = {name: tuple(values[name]) for name in ("numbers", "means", "stds")}
    periods = {name: tuple(several) for name, several in values["periods"].items()}
    return Encoding(periods=periods, num_classes=values["num_classes"], **lists)
