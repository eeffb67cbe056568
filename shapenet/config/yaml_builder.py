"""YAML's events to a tree of nodes, counted as it grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from shapenet.config.nodes import MAX_DEPTH, MAX_NODES, Entry, MappingNode, Node, ScalarNode, SequenceNode, measure
from shapenet.config.problems import shown
from shapenet.config.scalars import resolve_plain
from shapenet.errors import ConfigError, Place, Problem

_MAX_PROBLEMS = 20
_TAGS = {
    yaml.ScalarEvent: "tag:yaml.org,2002:str",
    yaml.SequenceStartEvent: "tag:yaml.org,2002:seq",
    yaml.MappingStartEvent: "tag:yaml.org,2002:map",
}


class TreeBuilder:
    """Builds one tree from the events of YAML's parser; nothing is constructed or executed.

    Depth, number of nodes and aliases are checked while the events come in, so that
    hostile text is left as soon as it shows itself.

    Args:
        name: What to call the text in places.
        base_dir: The folder that relative paths start from.
        with_lines: Whether places have lines and columns.

    Attributes:
        problems: What was found wrong and did not end the building.
    """

    def __init__(self, name: str, base_dir: Path, *, with_lines: bool) -> None:
        self.problems: list[Problem] = []
        self._name = name
        self._base_dir = base_dir
        self._with_lines = with_lines
        self._events: Iterator[Any] = iter(())
        self._anchors: dict[str, Node | None] = {}  # None while the anchored value is being built
        self._count = 0

    def build(self, events: Iterable[Any]) -> Node | None:
        """The tree of the only document, or None if there is no document or nothing in it.

        Args:
            events: What ``yaml.parse`` gives.

        Raises:
            ConfigError: Everything that is wrong with the document.
            yaml.YAMLError: The text is not YAML; `problems` has what was found before.
        """
        self._events = iter(events)
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        first = next(self._events)
        nothing = isinstance(first, yaml.ScalarEvent) and first.value == "" and not first.style
        root = self._node(first, 1)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._fail("config/documents", "a second document begins: expected one", after, "leave the '---' line out")
        if self.problems:
            raise ConfigError(self.problems)
        return None if nothing else root

    def _node(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`; `depth` is that of a mapping or list here."""
        self._count += 1
        if self._count > MAX_NODES:
            self._fail("config/too-big", f"expected at most {MAX_NODES:,} values, received more", event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        if depth > MAX_DEPTH and not isinstance(event, yaml.ScalarEvent):
            self._fail("config/too-deep", f"expected at most {MAX_DEPTH} levels, received more", event)
        anchor = event.anchor
        if anchor:
            self._anchors[anchor] = None
        self._check_tag(event)
        if isinstance(event, yaml.ScalarEvent):
            node: Node = ScalarNode(self._value(event), self._place(event), self._base_dir)
        elif isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(below := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(below, depth + 1))
            node = SequenceNode(tuple(items), self._place(event), self._base_dir)
        else:
            node = MappingNode(self._entries(depth), self._place(event), self._base_dir)
        if anchor:
            self._anchors[anchor] = node
        return node

    def _alias(self, event: Any, depth: int) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            loops = event.anchor in self._anchors
            name = event.anchor[:60]
            message = f"*{name} stands inside its own anchor" if loops else f"there is no anchor &{name}"
            self._fail("config/alias", message, event, None if loops else "an anchor must come before its aliases")
        size, height = measure(node)
        self._count += size
        if self._count > MAX_NODES:
            message = f"aliases repeat more than {MAX_NODES:,} values"
            self._fail("config/too-big", message, event, "write fewer aliases of large anchors")
        if depth + height - 1 > MAX_DEPTH:
            self._fail("config/too-deep", f"expected at most {MAX_DEPTH} levels, received more", event)
        return node

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        merged: list[MappingNode] = []
        merge_place: Place | None = None
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key_node = self._node(event, depth + 1)
            place = self._place(event)
            value = self._node(next(self._events), depth + 1)
            is_merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and not event.style
            key = self._key(key_node, place)
            previous = merge_place if is_merge else entries[key].key_place if key in entries else None
            if previous is not None:
                self._duplicate(key, place, previous)
            elif is_merge:
                merge_place = place
                merged = self._merged(value, place)
            else:
                entries[key] = Entry(place, value)
        for mapping in merged:
            for key, entry in mapping.entries.items():
                entries.setdefault(key, entry)
        return entries

    def _key(self, node: Node, place: Place) -> str:
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            return node.value
        received = shown(node.value) if isinstance(node, ScalarNode) else "a mapping or a list"
        self._report("config/key", f"expected text as a key, received {received}", place, "put the key in quotes")
        return f"{received} {len(self.problems)}"

    def _duplicate(self, key: str, place: Place, previous: Place) -> None:
        lines = f"in lines {previous.line} and {place.line}" if previous.line != place.line else "here and before"
        hint = "merge several mappings with <<: [*a, *b]" if key == "<<" else "remove one of the two"
        self._report("config/duplicate-key", f"the key {shown(key)} is given twice: {lines}", place, hint)

    def _merged(self, value: Node, place: Place) -> list[MappingNode]:
        nodes = value.items if isinstance(value, SequenceNode) else (value,)
        mappings = [node for node in nodes if isinstance(node, MappingNode)]
        if len(mappings) < len(nodes):
            self._report("config/merge-key", "expected a mapping or a list of mappings after <<:", place, "<<: *anchor")
        return mappings

    def _value(self, event: Any) -> Any:
        if event.style or not event.implicit[0]:  # quoted, or tagged !!str
            return event.value
        try:
            return resolve_plain(event.value)
        except ValueError as error:
            self._report("config/number", str(error), self._place(event), "put it in quotes if it is text")
            return None

    def _check_tag(self, event: Any) -> None:
        if event.tag not in (None, "!", _TAGS[type(event)]):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
            self._report("config/tag", f"the tag {shown(tag)} is not supported", self._place(event), "leave it out")

    def _place(self, event: Any) -> Place:
        if not self._with_lines:
            return Place(self._name)
        return Place(self._name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _report(self, code: str, message: str, place: Place, hint: str | None = None) -> None:
        self.problems.append(Problem(code, message, place, hint=hint))
        if len(self.problems) >= _MAX_PROBLEMS:
            raise ConfigError(self.problems)

    def _fail(self, code: str, message: str, event: Any, hint: str | None = None) -> NoReturn:
        raise ConfigError([*self.problems, Problem(code, message, self._place(event), hint=hint)])
