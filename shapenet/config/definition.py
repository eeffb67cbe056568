"""One entry of ``model.define``: the form of a block that a config defines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shapenet.config.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from shapenet.errors import ConfigError, Place, Problem, did_you_mean
from shapenet.registry import REGISTRIES

_KEYS = ("inputs", "parameters", "layers")
_RESERVED = ("name", "inputs")
_FORM = "write NAME: {parameters: {filters: 32}, layers: [...]}"


@dataclass(frozen=True)
class Definition:
    """A block of layers with parameters.

    Attributes:
        name: What `layers` call it.
        place: Where it is defined.
        inputs: What its layers call what it gets.
        parameters: Their defaults by name.
        layers: Its layers, with ``$NAME`` for parameters.
    """

    name: str
    place: Place
    inputs: tuple[str, ...]
    parameters: Mapping[str, Node]
    layers: Node


def read_definitions(node: Node) -> dict[str, Definition]:
    """The definitions of ``model.define``, by name.

    Args:
        node: What stands there.

    Raises:
        ConfigError: One has another form; lists all of them.
    """
    if not isinstance(node, MappingNode):
        message = "model.define: expected a mapping of names to blocks"
        raise ConfigError("config/definition", message, place=node.place, hint=_FORM)
    problems: list[Problem] = []
    definitions = {}
    for name, entry in node.entries.items():
        try:
            definitions[name] = _read(name, entry)
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return definitions


def _read(name: str, entry: Entry) -> Definition:
    key = f"model.define.{name}"
    if name in REGISTRIES["layer"]:
        message = f"{key}: there is a layer of this name already"
        raise ConfigError("config/definition", message, place=entry.key_place, hint="choose another")
    if not isinstance(entry.node, MappingNode) or "layers" not in entry.node.entries:
        message = f"{key}: expected a mapping with layers, and parameters if it has some"
        raise ConfigError("config/definition", message, place=entry.node.place, hint=_FORM)
    for unknown in (found for found in entry.node.entries if found not in _KEYS):
        place = entry.node.entries[unknown].key_place
        message = f"{key}.{unknown} is not a field"
        raise ConfigError("config/unknown-key", message, place=place, hint=did_you_mean(unknown, _KEYS))
    layers = entry.node.entries["layers"].node
    if not isinstance(layers, SequenceNode) or not layers.items:
        message = f"{key}.layers: expected a list of at least 1 layer"
        raise ConfigError("config/definition", message, place=layers.place)
    return Definition(name, entry.key_place, _inputs(key, entry.node), _parameters(key, entry.node), layers)


def _inputs(key: str, node: MappingNode) -> tuple[str, ...]:
    entry = node.entries.get("inputs")
    if entry is None:
        return ("input",)
    items = entry.node.items if isinstance(entry.node, SequenceNode) else ()
    names = tuple(str(item.value) for item in items if isinstance(item, ScalarNode) and isinstance(item.value, str))
    if not names or len(names) < len(items) or len(set(names)) < len(names) or "previous" in names:
        message = f"{key}.inputs: expected a list of different names, and not previous among them"
        hint = "write inputs: [input, skip]"
        raise ConfigError("config/definition", message, place=entry.node.place, hint=hint)
    return names


def _parameters(key: str, node: MappingNode) -> dict[str, Node]:
    entry = node.entries.get("parameters")
    if entry is None:
        return {}
    if not isinstance(entry.node, MappingNode):
        message = f"{key}.parameters: expected defaults by name"
        raise ConfigError("config/definition", message, place=entry.node.place, hint="write {filters: 32}")
    for name, parameter in entry.node.entries.items():
        if name in _RESERVED or not re.fullmatch(r"[A-Za-z_]\w*", name):
            message = f"{key}.parameters: {name!r} can't be the name of a parameter"
            hint = "every block takes name and inputs; others are letters, digits and underscores"
            raise ConfigError("config/definition", message, place=parameter.key_place, hint=hint)
    return {name: parameter.node for name, parameter in entry.node.entries.items()}
