"""From a file and the command line to one finished tree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shapenet.config.compose import compose
from shapenet.config.interpolation import interpolate
from shapenet.config.nodes import Entry, Node
from shapenet.config.overrides import apply_overrides, assign


def read_config(path: Path, overrides: Sequence[str] = (), assignments: Sequence[tuple[str, Entry]] = ()) -> Node:
    """The config of a file: with what it extends, the overrides, and references replaced.

    Args:
        path: The YAML file.
        overrides: Texts ``dotted.key=value`` of the command line, the later over the earlier.
        assignments: Dotted keys with values, laid over all that.

    Returns:
        The root mapping, in which every value knows its place and base folder.

    Raises:
        ConfigError: The text is wrong; nothing is checked against a schema here.
        MachineError: A file can't be read.
    """
    return interpolate(read_tree(path, overrides, assignments))


def read_tree(path: Path, overrides: Sequence[str] = (), assignments: Sequence[tuple[str, Entry]] = ()) -> Node:
    """The same with references as they are written; see `read_config`."""
    tree = apply_overrides(compose(path), overrides, Path.cwd())
    for key, entry in assignments:
        tree = assign(tree, key, entry)
    return tree
