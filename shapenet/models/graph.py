"""Connect the layers of a config: a chain, with branches and merges by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Any

from shapenet.errors import ConfigError, Key, Problem, did_you_mean
from shapenet.keras_faults import keras_faults
from shapenet.registry import Component

LAST = ""
"""Stands for the last layer where others go by their names."""


def connect(layers: Sequence[Component], inputs: Any, road: Key = ("model", "layers")) -> Any:
    """Apply `layers` to `inputs`.

    A layer follows the one before it, unless its ``inputs`` name others. A layer is
    known by its ``name``; ``input`` is what the first layer gets.

    Args:
        layers: The layers, first to last.
        inputs: A symbolic Keras tensor.
        road: Where the layers stand in the config.

    Returns:
        The last layer's output.

    Raises:
        ConfigError: A layer refuses its arguments or its input, or names don't fit: see `check_names`.
        MachineError: The memory does not suffice for a layer.
    """
    return connect_all(layers, inputs, road)[LAST]


def connect_all(layers: Sequence[Component], inputs: Any, road: Key = ("model", "layers")) -> dict[str, Any]:
    """Apply `layers` to `inputs`, as `connect` does.

    Returns:
        The output of each layer that has a name, by the name; that of the last one as `LAST`.
    """
    check_names(layers, road)
    outputs = {"input": inputs}
    output = inputs
    for index, component in enumerate(layers):
        key = _key(road, index)
        names = _inputs(component)
        received = [output] if names is None else [outputs[name] for name in names]
        output = _apply(_create(component, key), received, key)
        if name := component.arguments.get("name"):
            outputs[str(name)] = output
    return {**outputs, LAST: output}


def check_names(layers: Sequence[Component], road: Key = ("model", "layers")) -> None:
    """Refuse names that two layers have, and inputs that no layer before is named; needs no Keras.

    Args:
        layers: The layers, first to last.
        road: Where the layers stand in the config.

    Raises:
        ConfigError: There are such names; lists them all.
    """
    problems = [*_name_problems(layers, road)]
    if problems:
        raise ConfigError(problems)


def _name_problems(layers: Sequence[Component], road: Key) -> Iterator[Problem]:
    known = ["input"]
    for index, component in enumerate(layers):
        key = (*_key(road, index), component.name)
        for wanted in _inputs(component) or ():
            if wanted not in known:
                hint = did_you_mean(wanted, known) or "give that layer a name first"
                message = f"no layer before this one is named {wanted!r}"
                yield Problem("model/unknown-input", message, key=(*key, "inputs"), hint=hint)
        name = component.arguments.get("name")
        if name in known:
            message = f"expected a name of its own for each layer, received {name!r} again"
            yield Problem("model/duplicate-name", message, key=(*key, "name"))
        if name:
            known.append(str(name))


def _inputs(component: Component) -> list[str] | None:
    """The names of the layers that a layer follows; None for the one before it."""
    names = component.arguments.get("inputs")
    return [names] if isinstance(names, str) else names


def _key(road: Key, index: int) -> Key:
    return (*road, index) if road[-1] == "layers" else road


def _create(component: Component, key: Key) -> Any:
    def refusal(reason: str) -> ConfigError:
        return ConfigError("model/argument", f"{component.name}: {reason}", key=key)

    with keras_faults(component.name, key, refusal):
        return component.without("inputs").create()


def _apply(layer: Any, received: list[Any], key: Key) -> Any:
    name = type(layer).__name__
    shapes = ", ".join(str(tuple(tensor.shape[1:])) for tensor in received)
    with keras_faults(name, key, lambda reason: _shape_error(name, shapes, reason, key)):
        output = layer(received) if len(received) > 1 and _takes_list(layer) else layer(*received)
    if not hasattr(output, "shape"):
        message = f"expected one output from {name}, received {_described(output)}"
        hint = "only what is a single tensor can go on to the next layer: leave return_state and the like at false"
        raise ConfigError("model/several-outputs", message, key=key, hint=hint)
    if 0 in output.shape[1:]:
        raise _shape_error(name, shapes, "its output would be empty (negative or zero size)", key)
    return output


def _described(output: Any) -> str:
    return f"{len(output)} of them" if isinstance(output, list | tuple | dict) else f"a {type(output).__name__}"


def _takes_list(layer: Any) -> bool:
    """Whether several inputs go to `layer` as one list: its ``call`` has one parameter that must be given."""
    parameters = inspect.signature(layer.call).parameters.values()
    return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters) == 1


def _shape_error(layer: str, shapes: str, reason: str, key: Key) -> ConfigError:
    if re.search(r"negative|too small|zero size|smaller than|<= ?0", reason, re.IGNORECASE):
        return ConfigError("model/too-small", f"{layer} can't take an input of shape {shapes}: {reason}", key=key)
    hint = None
    if re.search(r"ndim|rank|dimension", reason, re.IGNORECASE):
        hint = "insert Flatten or GlobalAveragePooling2D before dense layers, Reshape before convolutions"
    return ConfigError("model/shape", f"{layer} can't take an input of shape {shapes}: {reason}", key=key, hint=hint)
