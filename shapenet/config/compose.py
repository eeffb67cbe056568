"""Files that extend each other, merged into one tree."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from shapenet.config.nodes import MAX_NODES, Entry, MappingNode, Node, ScalarNode, SequenceNode, measure
from shapenet.config.yaml_loader import load_yaml
from shapenet.errors import ConfigError, Place, Problem

EXTENDS = "extends"
"""The key that names the files which a file builds on."""

_CHOICES = re.compile(
    r"source|task|test|val|input_scaling|optimizer|learning_rate|loss|(backward_)?layer|cell"
    r"|\w+_(initializer|regularizer|constraint)|(layers|cells|metrics|callbacks)\.\d+"
)
"""Keys at which a component is chosen; those of lists with the index of an item."""

_NAMED_BY_USERS = ("define", "parameters")
"""Keys at which names of the user's own stand, whatever they look like."""

_MAX_FILES = 100


def compose(path: Path) -> MappingNode:
    """The mapping of a file and of all that it extends.

    ``extends: base.yaml`` or a list of files, relative to the file that names them.
    Later files win over earlier ones and the file itself wins over all. Mappings
    merge, lists and scalars replace, and so does the choice of another component:
    ``{Adam: ...}`` over ``{SGD: ...}``.

    Args:
        path: The file.

    Returns:
        The merged mapping without `extends`; every value keeps its own place and `base_dir`.

    Raises:
        ConfigError: A file is missing or wrong, files extend each other in a
            circle, or there are too many of them.
        MachineError: A file can't be read.
    """
    merged = _Composer().file(path, ())
    if measure(merged)[0] > MAX_NODES:
        message = f"expected at most {MAX_NODES:,} values in all files together, received more"
        raise ConfigError("config/too-big", message, place=Place(str(path)))
    return merged


def merge(base: Node, over: Node, under: str = "") -> Node:
    """`over` laid over `base`.

    Args:
        base: What stands if `over` does not say otherwise.
        over: What wins.
        under: The key that both stand at, if any.
    """
    if not isinstance(base, MappingNode) or not isinstance(over, MappingNode):
        return over
    if len(over.entries) == 1:
        name, only = next(iter(over.entries.items()))
        if chooses_another(base, name, under, has_arguments=may_hold_arguments(only.node)):
            return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        old = entries.get(key)
        entries[key] = Entry(entry.key_place, merge(old.node, entry.node, key)) if old else entry
    return replace(over, entries=entries)


def chooses_another(base: Node, name: str, under: str, *, has_arguments: bool) -> bool:
    """Whether a mapping of `name` alone replaces `base` as another component.

    True for one-key mappings with another key, if both are class names (they begin
    with an uppercase letter); or if they stand where a component is chosen, and what
    comes looks like one rather than like an argument that stands too high.

    Args:
        base: What stands there.
        name: The only key of what comes.
        under: The key that both stand at; ``layers.0`` for an item of a list.
        has_arguments: Whether what stands at `name` can be the arguments of a component.
    """
    if not isinstance(base, MappingNode) or len(base.entries) != 1 or under in _NAMED_BY_USERS:
        return False
    old = next(iter(base.entries))
    is_class = old[:1].isupper() and name[:1].isupper()
    return old != name and (is_class or (has_arguments and _CHOICES.fullmatch(under) is not None))


def may_hold_arguments(node: Node) -> bool:
    """Whether `node` can be the arguments of a component: a mapping, or null for none."""
    return isinstance(node, MappingNode) or (isinstance(node, ScalarNode) and node.value is None)


class _Composer:
    """Composes files, each at most once."""

    def __init__(self) -> None:
        self._done: dict[Path, MappingNode] = {}
        self._count = 0

    def file(self, path: Path, road: tuple[Path, ...]) -> MappingNode:
        """The composed mapping of `path`, which the files of `road` led to."""
        resolved = _resolved(path)
        if resolved not in self._done:
            own = load_yaml(path)
            merged: MappingNode | None = None
            for name, place in _bases(own):
                base = self._base(path.parent / name, place, (*road, resolved))
                merged = _merged(merged, base)
            rest = {key: entry for key, entry in own.entries.items() if key != EXTENDS}
            self._done[resolved] = _merged(merged, replace(own, entries=rest))
        return self._done[resolved]

    def _base(self, path: Path, place: Place, road: tuple[Path, ...]) -> MappingNode:
        self._count += 1
        if self._count > _MAX_FILES:
            raise ConfigError("config/extends", f"expected at most {_MAX_FILES} files, received more", place=place)
        resolved = _resolved(path)
        if resolved in road:
            circle = " > ".join(file.name for file in (*road[road.index(resolved) :], resolved))
            raise ConfigError("config/extends-cycle", f"files extend each other: {circle}", place=place)
        try:
            return self.file(path, road)
        except ConfigError as error:
            raise error.replacing(at_mention(problem, path, place) for problem in error.problems) from None


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL byte: reading it says so
        return path.absolute()


def _merged(base: MappingNode | None, over: MappingNode) -> MappingNode:
    merged = merge(base, over) if base else over
    return merged if isinstance(merged, MappingNode) else over


def at_mention(problem: Problem, path: Path, place: Place) -> Problem:
    """`problem`, at `place` if it is that there is no file at `path`: a fault of the line that names it.

    Args:
        problem: What reading the file found.
        path: The file, as the reader was given it.
        place: Where it was named.
    """
    missing = problem.code in ("config/missing-file", "config/not-a-file") and problem.place == Place(str(path))
    return replace(problem, message=f"{problem.message}: {path}", place=place) if missing else problem


def _bases(node: MappingNode) -> list[tuple[str, Place]]:
    """The files that a mapping extends, each with the place that names it."""
    entry = node.entries.get(EXTENDS)
    if entry is None:
        return []
    named = entry.node.items if isinstance(entry.node, SequenceNode) else (entry.node,)
    bases = [(item.value, item.place) for item in named if isinstance(item, ScalarNode) and isinstance(item.value, str)]
    if len(bases) < len(named) or any("\0" in name or not name for name, _ in bases):
        message = "extends: expected a file's name or a list of them"
        raise ConfigError("config/extends", message, place=entry.node.place, hint="extends: base.yaml")
    return bases
