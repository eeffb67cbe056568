"""The tree of a config's text: plain values that each know where they were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from shapenet.errors import Key, Place
from shapenet.values import ConfigText

Value: TypeAlias = bool | int | float | str | None
"""What a scalar may hold."""

MAX_NODES = 100_000
"""The most nodes that a tree may have, those that aliases and references repeat counted each time."""

MAX_DEPTH = 64
"""The most mappings and lists that may stand inside each other."""


@dataclass(frozen=True)
class ScalarNode:
    """A single value.

    Attributes:
        value: The value.
        place: Where it was written.
        base_dir: The folder that relative paths in it start from.
    """

    value: Value
    place: Place
    base_dir: Path


@dataclass(frozen=True)
class Entry:
    """One value of a mapping.

    Attributes:
        key_place: Where its key was written.
        node: The value.
    """

    key_place: Place
    node: Node


@dataclass(frozen=True)
class MappingNode:
    """Values by key, in the order in which they were written.

    Attributes:
        entries: The values with the places of their keys.
        place: Where the mapping begins.
        base_dir: The folder of the file that wrote it.
    """

    entries: Mapping[str, Entry]
    place: Place
    base_dir: Path


@dataclass(frozen=True)
class SequenceNode:
    """A list.

    Attributes:
        items: Its values.
        place: Where the list begins.
        base_dir: The folder of the file that wrote it.
    """

    items: tuple[Node, ...]
    place: Place
    base_dir: Path


Node: TypeAlias = ScalarNode | MappingNode | SequenceNode
"""Any value of a config; never changed once made."""


def to_plain(node: Node) -> Any:
    """The tree as dicts, lists and scalars.

    Every string is a `ConfigText` with its node's `base_dir`; keys are plain strings.
    """
    if isinstance(node, MappingNode):
        return {key: to_plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [to_plain(item) for item in node.items]
    return ConfigText(node.value, node.base_dir) if isinstance(node.value, str) else node.value


def child(node: Node, part: str | int) -> Node | None:
    """The value directly below `node`.

    Args:
        node: Where to look.
        part: A mapping's key or an index, from 0, into a list.

    Returns:
        The value, or None if there is none.
    """
    if isinstance(node, MappingNode):
        entry = node.entries.get(str(part))
        return entry.node if entry else None
    if isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part]
    return None


def place_of(node: Node, key: Key) -> Place:
    """Where the value at the end of a road was written.

    Where the road leaves the tree, the place of the deepest value on it.
    """
    for part in key:
        below = child(node, part)
        if below is None:
            break
        node = below
    return node.place


def key_place_of(node: Node, key: Key) -> Place:
    """Where the last key of a road was written.

    A list's item has no key: its own place stands in. Where the road leaves the
    tree, the place of the deepest key on it.
    """
    place = node.place
    for part in key:
        below = child(node, part)
        if below is None:
            break
        place = node.entries[str(part)].key_place if isinstance(node, MappingNode) else below.place
        node = below
    return place


def measure(node: Node) -> tuple[int, int]:
    """Number of nodes in a tree, shared ones counted each time, and its depth.

    A scalar has depth 0, a mapping of scalars depth 1.
    """
    if isinstance(node, ScalarNode):
        return 1, 0
    below = node.items if isinstance(node, SequenceNode) else [entry.node for entry in node.entries.values()]
    size, depth = 1, 0
    for item in below:
        item_size, item_depth = measure(item)
        size += item_size
        depth = max(depth, item_depth)
    return size, depth + 1
