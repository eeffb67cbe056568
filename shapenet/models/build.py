"""Build: input scaling, the config's layers, the task's head."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shapenet.config.schema import ModelConfig
from shapenet.errors import ConfigError, Key, MachineError, ShapenetError
from shapenet.keras_faults import keras_faults
from shapenet.models.graph import connect
from shapenet.registry import Component
from shapenet.tasks.base import Task

_INTEGER_TOP = {"uint8": 255.0, "uint16": 65535.0}
_GIVES_PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "sparsemax")


@dataclass(frozen=True)
class InputSpec:
    """What the data gives the model.

    Attributes:
        shape: ``(height, width, channels)`` of an image; None where a side varies.
        dtype: NumPy's name of its type.
        num_classes: How many classes there are.
    """

    shape: tuple[int | None, ...]
    dtype: str
    num_classes: int


def build_model(config: ModelConfig, task: Task, spec: InputSpec, name: str) -> Any:
    """The Keras model of a config.

    Args:
        config: The model section.
        task: Adds the head.
        spec: What the data looks like.
        name: The model's name, in summaries and graphs.

    Returns:
        A ``keras.Model`` from images ``(batch, height, width, channels)`` to the task's outputs.

    Raises:
        ConfigError: Layers don't take their arguments or don't fit together; the
            error's key leads to the layer.
        MachineError: The memory does not suffice for the weights.
    """
    try:
        return _build(config, task, spec, name)
    except ConfigError as error:
        if error.problems[0].code != "model/too-small":
            raise
        raise _with_least_size(error, config, task, spec) from None


def _build(config: ModelConfig, task: Task, spec: InputSpec, name: str) -> Any:
    import keras

    inputs = keras.Input(spec.shape, dtype=spec.dtype, name="image")
    outputs = connect(config.layers, _scaled(inputs, config.input_scaling, spec.dtype))
    try:
        if config.head == "auto":
            with keras_faults("the output layer", (), lambda reason: ConfigError("model/head", reason)):
                outputs = task.head(outputs, spec.num_classes)
        else:
            task.check_output(tuple(outputs.shape), spec.num_classes)
    except ShapenetError as error:
        raise _at_the_end(error, config, len(outputs.shape)) from None
    with keras_faults("the model", ("model", "layers"), lambda reason: _model_error(config, reason)):
        # TensorFlow's name scopes take ASCII only.
        return keras.Model(inputs, outputs, name=re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "model")


_ON_EACH_PLACE = ("Activation", "BatchNormalization", "Dense", "Dropout", "LayerNormalization", "ReLU")


def _at_the_end(error: ShapenetError, config: ModelConfig, num_axes: int) -> ShapenetError:
    """`error`, which says that no head fits, at the last layer; or at the dense layer that was given a map."""
    index = len(config.layers) - 1
    first = index
    while first > 0 and config.layers[first - 1].name in _ON_EACH_PLACE:
        first -= 1
    ends = [number for number in range(first, index + 1) if config.layers[number].name == "Dense"]
    problem = error.problems[0]
    if problem.code != "model/head" or num_axes != 4 or config.layers[index].name not in _ON_EACH_PLACE or not ends:
        return error.under(("model", "layers", index))
    hint = "insert Flatten or GlobalAveragePooling2D before Dense: it works on each place of the map by itself"
    return ConfigError(problem.code, problem.message, key=("model", "layers", ends[0]), hint=hint)


def _model_error(config: ModelConfig, reason: str) -> ConfigError:
    """What `reason`, which Keras gives for refusing a model of layers that fit each other, means in the config.

    Layers without a name get one from Keras, and those that are added here have theirs, so
    a name can be taken although the config gives it once.
    """
    taken = re.match(r'The name "(.*)" is used', reason)
    layers: dict[Key, Component] = {("model", "layers", index): layer for index, layer in enumerate(config.layers)}
    if isinstance(config.input_scaling, Component):
        layers["model", "input_scaling"] = config.input_scaling
    for key, layer in layers.items():
        if taken and layer.arguments.get("name") == taken[1]:
            message = f"expected a name of its own for each layer, received {taken[1]!r}, which another layer has"
            hint = "choose another: layers that are added to yours, and those without a name, have names too"
            return ConfigError("model/duplicate-name", message, key=(*key, layer.name, "name"), hint=hint)
    return ConfigError("model/graph", f"the layers make no model: {reason}", key=("model", "layers"))


def _scaled(inputs: Any, scaling: str | Component, dtype: str) -> Any:
    import keras

    if isinstance(scaling, Component):
        return connect((scaling,), inputs, road=("model", "input_scaling"))
    if scaling == "auto" and dtype in _INTEGER_TOP:
        return keras.layers.Rescaling(1 / _INTEGER_TOP[dtype], name="input_scaling")(inputs)
    return inputs


def gives_logits(model: Any) -> bool:
    """Whether a model's outputs are logits: its last layer applies no softmax, sigmoid or the like."""
    last = model.layers[-1]
    activation = getattr(last, "activation", None)
    return type(last).__name__ != "Softmax" and getattr(activation, "__name__", "") not in _GIVES_PROBABILITIES


def _with_least_size(error: ConfigError, config: ModelConfig, task: Task, spec: InputSpec) -> ConfigError:
    """`error` with the least image size that the layers allow as its hint."""
    least = _least_size(config, task, spec)
    if least is None:
        return error
    problem = error.problems[0]
    hint = f"these layers need images of at least {least} x {least}; use larger images or less pooling"
    return ConfigError(problem.code, problem.message, key=problem.key, hint=hint)


def _least_size(config: ModelConfig, task: Task, spec: InputSpec) -> int | None:
    fails = fits = min(side or 1 for side in spec.shape[:2])
    while not _fits(fits, config, task, spec):
        fits *= 2
        if fits > 4096:
            return None
    while fits - fails > 1:
        middle = (fails + fits) // 2
        if _fits(middle, config, task, spec):
            fits = middle
        else:
            fails = middle
    return fits


def _fits(size: int, config: ModelConfig, task: Task, spec: InputSpec) -> bool:
    try:
        _build(config, task, InputSpec((size, size, spec.shape[-1]), spec.dtype, spec.num_classes), "trial")
    except ConfigError as error:
        return error.problems[0].code != "model/too-small"
    except MachineError:  # it fits; that its weights are too many is another matter
        return True
    return True
