"""Connect the layers of a config: a chain, with branches and merges by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from shapenet.errors import ConfigError, Key, did_you_mean
from shapenet.registry import Component


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
        ConfigError: A layer refuses its arguments or its input, or names an unknown layer.
    """
    outputs = {"input": inputs}
    output = inputs
    for index, component in enumerate(layers):
        key = (*road, index) if road[-1] == "layers" else road
        received = _received(component, outputs, output, (*key, component.name, "inputs"))
        output = _apply(_create(component, key), received, key)
        name = component.arguments.get("name")
        if name in outputs:
            message = f"expected a name of its own for each layer, received {name!r} again"
            raise ConfigError("model/duplicate-name", message, key=(*key, component.name, "name"))
        if name:
            outputs[str(name)] = output
    return output


def _received(component: Component, outputs: dict[str, Any], previous: Any, key: Key) -> list[Any]:
    names = component.arguments.get("inputs")
    if names is None:
        return [previous]
    received = []
    for name in [names] if isinstance(names, str) else names:
        if name not in outputs:
            hint = did_you_mean(name, outputs) or "give that layer a name first"
            raise ConfigError("model/unknown-input", f"no layer before this one is named {name!r}", key=key, hint=hint)
        received.append(outputs[name])
    return received


def _create(component: Component, key: Key) -> Any:
    try:
        return component.without("inputs").create()
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError("model/argument", f"{component.name}: {_sentence(error)}", key=key) from error


def _apply(layer: Any, received: list[Any], key: Key) -> Any:
    shapes = ", ".join(str(tuple(tensor.shape[1:])) for tensor in received)
    try:
        output = layer(received) if len(received) > 1 and _takes_list(layer) else layer(*received)
    except (ValueError, TypeError, IndexError) as error:
        raise _shape_error(type(layer).__name__, shapes, _sentence(error), key) from error
    if 0 in output.shape[1:]:
        raise _shape_error(type(layer).__name__, shapes, "its output would be empty (negative or zero size)", key)
    return output


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


def _sentence(error: Exception) -> str:
    """What Keras says, without the call's details that stand around it in its message."""
    text = str(error.args[0]) if error.args else type(error).__name__
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    text = re.sub(r"^Exception encountered when calling \S+\s*", "", text)
    text = re.split(r"\n\s*\n|Arguments received by|\{\{node", text)[0]
    return " ".join(text.split())
