"""Build: the input, the config's layers, the task's head."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapenet.config.schema import ModelConfig
from shapenet.errors import ConfigError, Key, MachineError, Problem, ShapenetError, did_you_mean
from shapenet.fields import WHITE
from shapenet.keras_faults import keras_faults
from shapenet.models.exact import exact_layers
from shapenet.models.field_input import FieldsSpec, enter
from shapenet.models.graph import LAST, connect, connect_all
from shapenet.registry import Component
from shapenet.tasks.base import BoundTask


@dataclass(frozen=True)
class InputSpec:
    """What the data gives the model.

    Attributes:
        shape: ``(height, width, channels)`` of an image; None where a side varies.
        dtype: NumPy's name of its type.
    """

    shape: tuple[int | None, ...]
    dtype: str


AnySpec = InputSpec | FieldsSpec
"""What the data gives the model: images, or numbers."""


def build_model(config: ModelConfig, tasks: Mapping[str, BoundTask], spec: AnySpec, name: str) -> Any:
    """The Keras model of a config.

    Args:
        config: The model section.
        tasks: Add their heads, by name.
        spec: What the data looks like.
        name: The model's name, in summaries and graphs.

    Returns:
        A ``keras.Model`` from images ``(batch, height, width, channels)``, or from a dict of fields by their names,
        to the task's outputs; to a dict of them by the tasks' names where there are several.

    Raises:
        ConfigError: Layers don't take their arguments or don't fit together; the
            error's key leads to the layer.
        MachineError: The memory does not suffice for the weights.
    """
    try:
        return _build(config, tasks, spec, name)
    except ConfigError as error:
        if error.problems[0].code != "model/too-small" or isinstance(spec, FieldsSpec):
            raise
        raise _with_least_size(error, config, tasks, spec) from None


def _build(config: ModelConfig, tasks: Mapping[str, BoundTask], spec: AnySpec, name: str) -> Any:
    import keras

    inputs, first = enter(spec) if isinstance(spec, FieldsSpec) else _image(config, spec)
    ends = [feeding(config, task)[1] for task in tasks] if config.head == "none" else []
    features = connect_all(config.layers, first, exact=exact_layers(config.layers, ends))
    check_outputs(config)
    made = {task: _output(config, task, bound, features) for task, bound in tasks.items()}
    outputs = made if len(made) > 1 else next(iter(made.values()))
    with keras_faults("the model", ("model", "layers"), lambda reason: _model_error(config, reason)):
        # TensorFlow's name scopes take ASCII only.
        return keras.Model(inputs, outputs, name=re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "model")


def _output(config: ModelConfig, name: str, task: BoundTask, features: Mapping[str, Any]) -> Any:
    """The output of a task, which one of the layers feeds."""
    layer, index = feeding(config, name)
    try:
        if config.head == "none":
            task.check_output(tuple(features[layer].shape))
            return features[layer]
        with keras_faults("the output layer", (), lambda reason: ConfigError("model/head", reason)):
            return task.head(features[layer], prefix=f"{name}_" if name else "")
    except ShapenetError as error:
        raise _at_the_end(error, config, index, len(features[layer].shape)) from None


def feeding(config: ModelConfig, task: str) -> tuple[str, int]:
    """The layer that feeds a task: its name, and its place among the layers; -1 if there is none of the name."""
    layer = (config.outputs or {}).get(task, LAST)
    named = [component.arguments.get("name") for component in config.layers]
    if layer == LAST:
        return layer, len(named) - 1
    return layer, named.index(layer) if layer in named else -1


_ON_EACH_PLACE = ("Activation", "BatchNormalization", "Dense", "Dropout", "LayerNormalization", "ReLU")


def _at_the_end(error: ShapenetError, config: ModelConfig, index: int, num_axes: int) -> ShapenetError:
    """`error`, which says that no head fits, at the layer of `index`; or at the dense layer that was given a map."""
    first = index + 1
    while first > 0 and config.layers[first - 1].name in _ON_EACH_PLACE:
        first -= 1
    dense = [number for number in range(first, index + 1) if config.layers[number].name == "Dense"]
    problem = error.problems[0]
    if problem.code != "model/head" or num_axes != 4 or not dense:
        return error.under(("model", "layers", index))
    hint = "insert Flatten or GlobalAveragePooling2D before Dense: it works on each place of the map by itself"
    return ConfigError(problem.code, problem.message, key=("model", "layers", dense[0]), hint=hint)


def check_outputs(config: ModelConfig) -> None:
    """Refuse ``model.outputs`` that name layers which there are not; needs no Keras.

    Raises:
        ConfigError: Lists them all.
    """
    known = [str(name) for layer in config.layers if (name := layer.arguments.get("name"))]
    problems = [
        Problem(
            "model/unknown-output", f"no layer is named {layer!r}", key=("model", "outputs", task),
            hint=did_you_mean(layer, known) or "give that layer a name first",
        )
        for task, layer in (config.outputs or {}).items()
        if layer not in known
    ]  # fmt: skip
    if problems:
        raise ConfigError(problems)


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


def _image(config: ModelConfig, spec: InputSpec) -> tuple[Any, Any]:
    """The input of images, and what the first layer gets."""
    import keras

    inputs = keras.Input(spec.shape, dtype=spec.dtype, name="image")
    return inputs, _scaled(inputs, config.input_scaling, spec.dtype)


def _scaled(inputs: Any, scaling: str | Component, dtype: str) -> Any:
    import keras

    if isinstance(scaling, Component):
        return connect((scaling,), inputs, road=("model", "input_scaling"))
    if scales(scaling, dtype):
        return keras.layers.Rescaling(1 / WHITE[dtype], name="input_scaling")(inputs)
    return inputs


def scales(scaling: str | Component, dtype: str) -> bool:
    """Whether ``input_scaling`` takes images of a type to 0 to 1; a layer of the config's own is not looked into."""
    return scaling == "auto" and WHITE.get(dtype, 1.0) != 1.0


def _with_least_size(
    error: ConfigError, config: ModelConfig, tasks: Mapping[str, BoundTask], spec: InputSpec
) -> ConfigError:
    """`error` with the least image size that the layers allow as its hint."""
    least = _least_size(config, tasks, spec)
    if least is None:
        return error
    problem = error.problems[0]
    hint = f"these layers need images of at least {least} x {least}; use larger images or less pooling"
    return ConfigError(problem.code, problem.message, key=problem.key, hint=hint)


def _least_size(config: ModelConfig, tasks: Mapping[str, BoundTask], spec: InputSpec) -> int | None:
    fails = fits = min(side or 1 for side in spec.shape[:2])
    while not _fits(fits, config, tasks, spec):
        fits *= 2
        if fits > 4096:
            return None
    while fits - fails > 1:
        middle = (fails + fits) // 2
        if _fits(middle, config, tasks, spec):
            fits = middle
        else:
            fails = middle
    return fits


def _fits(size: int, config: ModelConfig, tasks: Mapping[str, BoundTask], spec: InputSpec) -> bool:
    try:
        _build(config, tasks, InputSpec((size, size, spec.shape[-1]), spec.dtype), "trial")
    except ConfigError as error:
        return error.problems[0].code != "model/too-small"
    except MachineError:  # it fits; that its weights are too many is another matter
        return True
    return True
