"""Keras's own layers, optimizers, losses and the rest, entered in the registries by their own names.

The names, arguments and defaults come from ``keras_vocabulary.json``, so that a config
is checked without importing Keras. Keras does not annotate its arguments: the types
here are those that an argument's name or default makes certain; building the object
checks the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator

from shapenet.registry import REGISTRIES, Entry, OneOf, Parameter, Part
from shapenet.values import Names, RestOfTraining, StepCount, StepCountOrZero, as_tuple

_Count = Annotated[int, Field(ge=1)]
_Number = Annotated[int, Field(ge=0)]
_Counts = _Count | Annotated[list[_Count], Field(min_length=1, max_length=3)]
_Fraction = Annotated[float, Field(ge=0, le=1)]
_Positive = Annotated[float, Field(gt=0)]


def _as_written(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """`value` after a check: some of Keras's factors are counts of bits, where an integer has to stay one."""
    check(value)
    return value


def _no_mapping(value: Any) -> Any:
    """`value` unless it is or holds a mapping, of which Keras would make any object that it names."""
    if _holds_mapping(value):
        raise ValueError("expected no mapping: Keras's own form of an object can't stand in a config")
    return value


def _holds_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list | tuple) and any(map(_holds_mapping, value)))


_Plain = Annotated[Any, BeforeValidator(_no_mapping)]
_AsWritten = Annotated[float, WrapValidator(_as_written)]
_Pair = Annotated[tuple[_AsWritten, _AsWritten], BeforeValidator(as_tuple)]
_Factor = _AsWritten | _Pair
_FACTORS = ("addition_factor", "factor", "height_factor", "scale", "sigma", "threshold_factor", "x_factor", "y_factor")
_OPTIONAL_FACTORS = ("brightness_factor", "contrast_factor", "hue_factor", "saturation_factor", "width_factor")

_BY_NAME: dict[tuple[str, str], Any] = {
    ("layer", "filters"): _Count,
    ("layer", "units"): _Count,
    ("layer", "kernel_size"): _Counts,
    ("layer", "pool_size"): _Counts,
    ("layer", "strides"): _Counts | None,
    ("layer", "dilation_rate"): _Counts,
    ("layer", "groups"): Annotated[int, Field(ge=-1)],
    ("layer", "num_heads"): _Count,
    ("layer", "key_dim"): _Count,
    ("layer", "rate"): _Fraction,
    ("layer", "dropout"): _Fraction,
    ("layer", "stddev"): Annotated[float, Field(ge=0)],
    ("layer", "data_format"): Literal["channels_last", "channels_first"] | None,
    ("layer", "name"): str | None,
    ("layer", "seed"): int | None,
    ("layer", "learning_rate"): _Positive,
    ("optimizer", "learning_rate"): Annotated[_Positive, Part("schedule")],
    ("optimizer", "weight_decay"): Annotated[float, Field(ge=0)] | None,
    ("optimizer", "clipnorm"): _Positive | None,
    ("optimizer", "clipvalue"): _Positive | None,
    ("optimizer", "global_clipnorm"): _Positive | None,
    ("optimizer", "gradient_accumulation_steps"): Annotated[int, Field(ge=2)] | None,
    ("schedule", "decay_steps"): StepCount,
    ("schedule", "first_decay_steps"): StepCount,
    ("schedule", "warmup_steps"): StepCountOrZero,
    ("schedule", "warmup_target"): _Positive | None,
    ("schedule", "boundaries"): Annotated[list[StepCount], Field(min_length=1)],
    ("schedule", "values"): Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=2)],
    ("schedule", "initial_learning_rate"): Annotated[float, Field(ge=0)],
    ("loss", "label_smoothing"): _Fraction,
    ("metric", "average"): Literal["micro", "macro", "weighted"] | None,
    ("metric", "beta"): _Positive,
    ("metric", "class_aggregation"): Literal["uniform_average", "variance_weighted_average"] | None,
    ("metric", "class_id"): _Number | None,
    ("metric", "curve"): Literal["ROC", "PR", "PRGAIN"],
    ("metric", "ignore_class"): int | None,
    ("metric", "k"): _Count,
    ("metric", "label_smoothing"): _Fraction,
    ("metric", "name"): str | None,
    ("metric", "num_classes"): _Count,
    ("metric", "num_labels"): _Count | None,
    ("metric", "num_regressors"): _Number,
    ("metric", "num_thresholds"): _Count,
    ("metric", "summation_method"): Literal["interpolation", "minoring", "majoring"],
    ("metric", "target_class_ids"): Annotated[list[_Number], Field(min_length=1)],
    ("metric", "threshold"): float | None,
    ("metric", "thresholds"): _Fraction | Annotated[list[_Fraction], Field(min_length=1)] | None,
    ("metric", "top_k"): _Count | None,
    **{("metric", name): _Fraction for name in ("precision", "recall", "sensitivity", "specificity")},
    ("callback", "cooldown"): _Number,
    ("callback", "factor"): Annotated[float, Field(gt=0, lt=1)],
    ("callback", "min_delta"): Annotated[float, Field(ge=0)],
    ("callback", "min_lr"): Annotated[float, Field(ge=0)],
    ("callback", "mode"): Literal["auto", "min", "max"],
    ("callback", "monitor"): Annotated[str, Field(min_length=1)],
    ("callback", "patience"): _Number,
    ("callback", "verbose"): _Number,
    ("augmentation", "alpha"): _Positive,
    ("augmentation", "bins"): _Count,
    ("augmentation", "chain_depth"): _Count,
    ("augmentation", "clip_limit"): _Positive,
    ("augmentation", "fill_mode"): Literal["reflect", "wrap", "constant", "nearest"],
    ("augmentation", "fill_value"): float | Annotated[tuple[float, float, float], BeforeValidator(as_tuple)] | None,
    ("augmentation", "interpolation"): Literal["nearest", "bilinear"],
    ("augmentation", "kernel_size"): _Count | Annotated[tuple[_Count, _Count], BeforeValidator(as_tuple)],
    ("augmentation", "mode"): Literal["horizontal", "vertical", "horizontal_and_vertical"],
    ("augmentation", "num_chains"): _Count,
    ("augmentation", "num_ops"): _Count,
    ("augmentation", "tile_grid_size"): Annotated[tuple[_Count, _Count], BeforeValidator(as_tuple)],
    ("augmentation", "value_range"): _Pair | None,
    **{("augmentation", name): _Factor for name in _FACTORS},
    **{("augmentation", name): _Factor | None for name in _OPTIONAL_FACTORS},
}
_BY_SUFFIX = {"_initializer": "initializer", "_regularizer": "regularizer", "_constraint": "constraint"}
_WITH_LAYERS = {"layer", "layers", "backward_layer", "cell", "cells"}


def _annotation(kind: str, name: str, details: dict[str, Any], activations: Sequence[str]) -> Any:
    """The type that a Keras argument surely has, or ``Any``."""
    default = details.get("default")
    or_null = "default" in details and default is None
    part = _part(kind, name)
    if (kind, name) in _BY_NAME:
        annotation = _BY_NAME[kind, name]
    elif part is not None:
        annotation = Annotated[Any, Part(part)]
    elif name in ("activation", "recurrent_activation"):
        annotation = Annotated[Any, OneOf(tuple(activations), or_null)]
    elif name == "padding" and default == "valid":
        annotation = Annotated[Any, OneOf(("valid", "same", "causal"), or_null)]
    elif isinstance(default, bool):
        annotation = bool
    elif isinstance(default, float) and kind in ("optimizer", "schedule", "loss", "metric", "callback"):
        annotation = float
    elif isinstance(default, int) and kind in ("metric", "callback"):
        annotation = int
    else:
        annotation = _Plain
    return annotation


def _part(kind: str, name: str) -> str | None:
    """The kind of component that a Keras argument takes, or None."""
    if kind == "layer" and name in _WITH_LAYERS:
        return "layer"
    return next((part for suffix, part in _BY_SUFFIX.items() if name.endswith(suffix)), None)


def _create(module: str, name: str, /, **arguments: Any) -> Any:
    """The object that Keras's class `name` makes of `arguments`."""
    import keras

    owner = keras.optimizers.schedules if module == "schedules" else getattr(keras, module)
    try:
        return getattr(owner, name)(**arguments)
    except ImportError as error:  # of a package that few of Keras's classes need
        raise ValueError(str(error)) from error


_MODULES = {
    "layer": "layers",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "loss": "losses",
    "metric": "metrics",
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
    "callback": "callbacks",
    "augmentation": "layers",
}
_OURS = {("augmentation", "value_range"): None}
"""Defaults that are not Keras's: an image's type tells the range of its values."""
_NOT_DECAYING = Parameter("exclude_from_weight_decay", Names | None, required=False)
"""Patterns of variables that don't decay, for what is a method of Keras's optimizers."""


def _described(exclude_from_weight_decay: object) -> None:
    """What the argument means that every optimizer has beside Keras's own.

    Args:
        exclude_from_weight_decay: Patterns of variables that don't decay, as ``*/bias`` or ``dense/*``; ``[]`` for
            none. Unless given: those of one axis (biases, scales and offsets), and learnt positions.
    """


_DECAYS_TO_THE_END = ("CosineDecay", "PolynomialDecay")
"""Schedules whose ``decay_steps`` are the rest of the training unless given; Keras has no default."""


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text())
    return content


def activation_names() -> tuple[str, ...]:
    """The names of Keras's activations."""
    return tuple(_content()["activations"])


def register_keras() -> None:
    """Enter all of Keras's names in the registries."""
    content = _content()
    for kind, entries in content["kinds"].items():
        for name, details in entries.items():
            factory: Callable[..., Any] = partial(_create, _MODULES[kind], name)
            parameters = {
                parameter: Parameter(
                    parameter,
                    _annotation(kind, parameter, value, content["activations"]),
                    required="default" not in value,
                    default=_OURS.get((kind, parameter), value.get("default")),
                )
                for parameter, value in details["parameters"].items()
            }
            described = (_described,) if kind == "optimizer" else ()
            if kind == "optimizer":
                parameters["exclude_from_weight_decay"] = _NOT_DECAYING
            if kind == "schedule" and name in _DECAYS_TO_THE_END:
                parameters["decay_steps"] = Parameter("decay_steps", RestOfTraining, required=False)
            REGISTRIES[kind].add(
                Entry(name, factory, MappingProxyType(parameters), "keras", details["summary"], described)
            )


register_keras()
