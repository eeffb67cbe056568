"""The search space: which values each trial takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shapenet.config.nodes import Entry, MappingNode, Node, SequenceNode, to_plain


@dataclass(frozen=True)
class Trial:
    """One combination of values.

    Attributes:
        number: From 1.
        assignments: Dotted keys with values, which know where they were written.
    """

    number: int
    assignments: tuple[tuple[str, Entry], ...]

    @property
    def values(self) -> dict[str, Any]:
        """The values as plain data, by dotted key."""
        return {key: to_plain(entry.node) for key, entry in self.assignments}


def grid(space: Node) -> Iterator[Trial]:
    """Every combination of a grid's values; the last key varies fastest.

    Args:
        space: A mapping of dotted keys to lists of values.
    """
    entries = space.entries if isinstance(space, MappingNode) else {}
    columns = [
        [(key, Entry(entry.key_place, item)) for item in entry.node.items]
        for key, entry in entries.items()
        if isinstance(entry.node, SequenceNode)
    ]
    for number, combination in enumerate(itertools.product(*columns), start=1):
        yield Trial(number, combination)
