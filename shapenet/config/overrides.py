"""Values from the command line, laid over a config's tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shapenet.config.compose import EXTENDS, chooses_another, may_hold_arguments
from shapenet.config.nodes import MAX_DEPTH, MAX_NODES, Entry, MappingNode, Node, ScalarNode, SequenceNode, measure
from shapenet.config.problems import dotted, shown
from shapenet.config.scalars import resolve_plain
from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, Key, Place, Problem

_FORM = "write -o optimizer.Adam.learning_rate=1e-3"
_CODE = "usage/override"


def apply_overrides(tree: Node, overrides: Sequence[str], working_dir: Path) -> Node:
    """The tree with values of the command line put in.

    ``model.layers.0.Conv2D.filters=64``: keys and, for lists, indices from 0; the
    value is YAML. A value replaces what stood there. On the way to it, naming
    another component replaces the component: ``optimizer.SGD.momentum=0.9`` over Adam.

    Args:
        tree: The composed config, which stays as it is.
        overrides: Texts ``dotted.key=value``, the later over the earlier.
        working_dir: The folder that relative paths in the values start from.

    Raises:
        ConfigError: ``usage/override``; lists every text that is wrong.
    """
    problems: list[Problem] = []
    for text in overrides:
        try:
            road, value = parse_override(text, working_dir)
            tree = _assign(tree, road, Entry(value.place, value), ())
        except ConfigError as error:
            problems.extend(replace(problem, place=override_place(text)) for problem in error.problems)
    if problems:
        raise ConfigError(problems)
    size, depth = measure(tree)
    if size > MAX_NODES or depth > MAX_DEPTH:
        message = f"expected at most {MAX_NODES:,} values and {MAX_DEPTH} levels, received more"
        raise ConfigError("config/too-big", message, place=Place("command line"))
    return tree


def assign(tree: Node, key: str, entry: Entry) -> Node:
    """The tree with one value put in, by the rules of `apply_overrides`.

    Args:
        tree: The composed config, which stays as it is.
        key: The dotted key.
        entry: What to put there, and where the key was written.

    Raises:
        ConfigError: ``usage/override``: the key leads nowhere.
    """
    try:
        return _assign(tree, _road(key), entry, ())
    except ConfigError as error:
        raise error.replacing(_in_a_file(problem, entry.key_place) for problem in error.problems) from None


def _in_a_file(problem: Problem, place: Place) -> Problem:
    """`problem` at the place of a key that a file gives."""
    hint = "write optimizer.Adam.learning_rate, for example" if problem.hint == _FORM else problem.hint
    return replace(problem, place=place, hint=hint)


def override_place(text: str) -> Place:
    """The place of the values that an override gives: ``command line (-o ...)``."""
    return Place(f"command line (-o {text if len(text) <= 60 else text[:57] + '...'})")


def parse_override(text: str, working_dir: Path) -> tuple[tuple[str, ...], Node]:
    """The road, as written, and the value of ``dotted.key=value``.

    Args:
        text: What followed ``-o``.
        working_dir: The folder that relative paths in the value start from.

    Raises:
        ConfigError: ``usage/override``: there is no ``=``, a key is empty, or the value is not YAML.
    """
    name, equals, written = text.partition("=")
    if not equals:
        raise ConfigError(_CODE, f"expected key=value, received {shown(text)}", hint=_FORM)
    road = _road(name)
    if not written.strip():
        hint = f"{name}=null sets null, {name}='\"\"' an empty text"
        raise ConfigError(_CODE, f"expected a value after {shown(f'{name}=')}", hint=hint)
    return road, _value(written.strip(), name, working_dir, override_place(text))


def _road(name: str) -> tuple[str, ...]:
    road = tuple(name.strip().split("."))
    if not all(road):
        raise ConfigError(_CODE, f"expected a dotted key, received {shown(name)}", hint=_FORM)
    if len(road) > MAX_DEPTH:
        raise ConfigError(_CODE, f"expected at most {MAX_DEPTH} keys, received {len(road)}", hint=_FORM)
    if road[0] == EXTENDS:
        raise ConfigError(_CODE, "extends can't be overridden", hint="write it into the experiment's file")
    return road


def _value(written: str, name: str, working_dir: Path, place: Place) -> Node:
    try:
        node = parse_yaml(written, place.file, working_dir, with_lines=False)
        if written[0] == "#":  # a colour, say, where YAML sees a comment
            return ScalarNode(written, place, working_dir)
        if isinstance(node, ScalarNode) and written[0] not in "'\"|>!&*%" and not written.startswith("---"):
            return replace(node, value=resolve_plain(written))  # with any " #" in it
    except ValueError as error:
        raise ConfigError(_CODE, str(error), hint="put it in quotes if it is text") from None
    except ConfigError as error:
        first = error.problems[0]
        hint = first.hint or f"quote it if it is text: -o '{name}=\"...\"'"
        raise ConfigError(_CODE, f"the value {shown(written)} is not right: {first.message}", hint=hint) from None
    return node


def _assign(node: Node | None, road: tuple[str, ...], new: Entry, done: Key) -> Node:
    """`node` with `new` at the end of `road`; `done` is the road up to `node`."""
    if not road:
        return new.node
    part, rest = road[0], road[1:]
    if isinstance(node, SequenceNode):
        index = _index(node, part, done)
        return replace(
            node,
            items=tuple(
                _assign(item, rest, new, (*done, i)) if i == index else item for i, item in enumerate(node.items)
            ),
        )
    has_arguments = bool(rest) or may_hold_arguments(new.node)
    if not isinstance(node, MappingNode) or chooses_another(node, part, _under(done), has_arguments=has_arguments):
        if part.isdecimal():
            raise ConfigError(_CODE, f"{dotted(done)} is not a list: {part} can't be an index", hint=_whole(done))
        below = _assign(None, rest, new, (*done, part))
        return MappingNode({part: Entry(new.key_place, below)}, new.node.place, new.node.base_dir)
    old = node.entries.get(part)
    below = _assign(old.node if old else None, rest, new, (*done, part))
    return replace(node, entries={**node.entries, part: Entry(old.key_place if old else new.key_place, below)})


def _under(road: Key) -> str:
    """The last key of `road`, an index together with the list's."""
    return dotted(road[-2:] if road and isinstance(road[-1], int) else road[-1:])


def _index(node: SequenceNode, part: str, done: Key) -> int:
    number = len(node.items)
    if not (part.isascii() and part.isdecimal() and len(part) <= 6):
        raise ConfigError(_CODE, f"{dotted(done)} is a list: expected an index, received {shown(part)}",
                          hint=f"{dotted(done)}.0 is its first item" if number else _whole(done))  # fmt: skip
    if int(part) >= number:
        hint = f"the indices are 0 to {number - 1}" if number else _whole(done)
        raise ConfigError(_CODE, f"{dotted(done)} has {number} items, there is no {part}", hint=hint)
    return int(part)


def _whole(key: Key) -> str:
    return f"give the whole list: {dotted(key)}='[...]'"
