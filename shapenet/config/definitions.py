"""Blocks that a config defines under ``model.define``, put in wherever its layers use them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from shapenet.config.definition import Definition, read_definitions
from shapenet.config.nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    child,
    measure,
)
from shapenet.errors import ConfigError, Key, Place, Problem, did_you_mean
from shapenet.registry import REGISTRIES

_ARGUMENT = re.compile(r"\$([A-Za-z_]\w*)")
_OF_THE_GRAPH = ("name", "inputs")
_DEPTH_OF_LAYERS = 2  # below the root


@dataclass(frozen=True)
class UseNode(MappingNode):
    """The arguments of the ``group`` that stands in for the use of a definition.

    Attributes:
        definition: The definition's name.
        defined_at: Where it stands.
    """

    definition: str
    defined_at: Place


def expand_definitions(tree: Node) -> Node:
    """The tree with every use of a definition replaced by a ``group`` of its layers.

    ``unit: {filters: 64, name: first}`` becomes ``group: {label: unit, name: first, layers: [...]}``,
    where each ``$filters`` in the definition is replaced by 64, with the type that it has there.
    Definitions may use each other, not themselves.

    Args:
        tree: The config, its references replaced.

    Returns:
        The tree without ``model.define``. Values of a definition keep their own places;
        `uses_of_definitions` tells where it is used.

    Raises:
        ConfigError: A definition has another form, uses itself, or is given what it does not
            take; or all of them come to too much.
    """
    model = child(tree, "model")
    if not isinstance(tree, MappingNode) or not isinstance(model, MappingNode) or "define" not in model.entries:
        return tree
    entries = dict(model.entries)
    work = _Expansion(read_definitions(entries.pop("define").node))
    if "layers" in entries:
        layers = entries["layers"]
        entries["layers"] = replace(layers, node=work.layers(layers.node, None, _DEPTH_OF_LAYERS))
    if work.problems:
        raise ConfigError(dict.fromkeys(work.problems))
    expanded = Entry(tree.entries["model"].key_place, replace(model, entries=entries))
    return replace(tree, entries={**tree.entries, "model": expanded})


def uses_of_definitions(tree: Node, key: Key) -> Iterator[UseNode]:
    """Where the road `key` leads into definitions that are used, the innermost first."""
    node: Node | None = tree
    uses: list[UseNode] = []
    for part in key:
        node = child(node, part) if node is not None else None
        if isinstance(node, UseNode):
            uses.append(node)
    yield from reversed(uses)


class _Expansion:
    """Definitions put into one tree."""

    def __init__(self, definitions: Mapping[str, Definition]) -> None:
        self.problems: list[Problem] = []
        self._definitions = definitions
        self._open: list[str] = []  # being put in, each in the one before it
        self._num_nodes = 0

    def layers(self, node: Node, arguments: Mapping[str, Node] | None, depth: int) -> Node:
        """A list of layers, with the definitions put in that they use.

        Args:
            node: The list.
            arguments: What ``$NAME`` stands for in it; None outside of definitions.
            depth: How many levels the list is below the root.
        """
        if not isinstance(node, SequenceNode):
            return node
        filled = [self._filled(item, arguments, depth + 1) for item in node.items]
        return replace(node, items=tuple(self._put_in(item, depth + 1) for item in filled))

    def _put_in(self, item: Node, depth: int) -> Node:
        """A layer, its arguments filled in, with the definitions that it or the layers in it use."""
        self._count(item, 1, depth)
        name, entry = _choice(item)
        if name is not None and name in self._definitions:
            return self._use(self._definitions[name], item, entry, depth)
        self._check_name(name, item)
        inner = child(entry.node, "layers") if entry else None
        if entry is None or not isinstance(entry.node, MappingNode) or not isinstance(inner, SequenceNode):
            return item
        items = tuple(self._put_in(below, depth + 3) for below in inner.items)
        layers = replace(entry.node.entries["layers"], node=replace(inner, items=items))
        body = replace(entry.node, entries={**entry.node.entries, "layers": layers})
        return MappingNode({str(name): replace(entry, node=body)}, item.place, item.base_dir)

    def _use(self, definition: Definition, item: Node, entry: Entry | None, depth: int) -> Node:
        place = entry.key_place if entry else item.place
        if definition.name in self._open:
            circle = " > ".join((*self._open[self._open.index(definition.name) :], definition.name))
            message = f"blocks can't contain themselves: {circle}"
            self.problems.append(Problem("config/definition-cycle", message, place))
            return item
        given = self._arguments(definition, entry)
        own = {name: given.pop(name) for name in _OF_THE_GRAPH if name in given}
        values = {**definition.parameters, **{name: entry.node for name, entry in given.items()}}
        self._open.append(definition.name)
        layers = self.layers(definition.layers, values, depth + 2)
        self._open.pop()
        names = tuple(ScalarNode(name, definition.place, item.base_dir) for name in definition.inputs)
        label = ScalarNode(definition.name, definition.place, item.base_dir)
        arguments = {
            "label": Entry(place, label),
            "input_names": Entry(place, SequenceNode(names, definition.place, item.base_dir)),
            **own,
            "layers": Entry(definition.layers.place, layers),
        }
        use = UseNode(arguments, place, item.base_dir, definition.name, definition.place)
        return MappingNode({"group": Entry(place, use)}, place, item.base_dir)

    def _arguments(self, definition: Definition, entry: Entry | None) -> dict[str, Entry]:
        if entry is None or (isinstance(entry.node, ScalarNode) and entry.node.value is None):
            return {}
        if not isinstance(entry.node, MappingNode):
            message = f"expected the arguments of {definition.name} as a mapping"
            hint = f"write {definition.name}: {{argument: value}}"
            self.problems.append(Problem("config/value", message, entry.node.place, hint=hint))
            return {}
        known = [*definition.parameters, *_OF_THE_GRAPH]
        given = entry.node.entries
        for unknown in (name for name in given if name not in known):
            message = f"{definition.name}, defined at {definition.place}, has no argument {unknown!r}"
            near = did_you_mean(unknown, known)
            self.problems.append(Problem("config/unknown-argument", message, given[unknown].key_place, hint=near))
        return {name: argument for name, argument in given.items() if name in known}

    def _check_name(self, name: str | None, item: Node) -> None:
        """Suggest a definition for a name that is nearly one, and no layer's."""
        if name is None or name in REGISTRIES["layer"]:
            return
        hint = did_you_mean(name, [*self._definitions, *(entry.name for entry in REGISTRIES["layer"])])
        if hint and any(re.search(rf"\b{re.escape(known)}\b", hint) for known in self._definitions):
            message = f"there is no layer {name!r}"
            self.problems.append(Problem("config/unknown-layer", message, item.place, hint=hint))

    def _filled(self, node: Node, arguments: Mapping[str, Node] | None, depth: int) -> Node:
        """`node` with the arguments in the place of their names."""
        self._count(node, 1, depth)
        if isinstance(node, ScalarNode):
            return self._argument(node, arguments, depth) if arguments is not None else node
        if isinstance(node, SequenceNode):
            return replace(node, items=tuple(self._filled(item, arguments, depth + 1) for item in node.items))
        filled = {
            key: Entry(entry.key_place, self._filled(entry.node, arguments, depth + 1))
            for key, entry in node.entries.items()
        }
        return replace(node, entries=filled)

    def _argument(self, node: ScalarNode, arguments: Mapping[str, Node], depth: int) -> Node:
        """What ``$NAME`` stands for; anything else as it is."""
        found = _ARGUMENT.fullmatch(node.value) if isinstance(node.value, str) else None
        if found is None:
            return node
        value = arguments.get(found[1])
        if value is None:
            message = f"{self._open[-1]} has no parameter {found[1]!r}"
            hint = did_you_mean(found[1], arguments)
            self.problems.append(Problem("config/unknown-parameter", message, node.place, hint=hint))
            return node
        size, more = measure(value)
        self._count(node, size, depth + more)
        return value

    def _count(self, node: Node, size: int, depth: int) -> None:
        self._num_nodes += size
        if self._num_nodes > MAX_NODES or depth > MAX_DEPTH:
            message = f"the blocks of model.define come to more than {MAX_NODES:,} values or {MAX_DEPTH} levels"
            hint = "blocks that use blocks several times multiply"
            raise ConfigError([*self.problems, Problem("config/too-big", message, node.place, hint=hint)])


def _choice(item: Node) -> tuple[str | None, Entry | None]:
    """The name of a layer, and its arguments if it has some."""
    if isinstance(item, ScalarNode):
        return (str(item.value), None) if isinstance(item.value, str) else (None, None)
    if isinstance(item, MappingNode) and len(item.entries) == 1:
        return next(iter(item.entries.items()))
    return None, None
