"""From a file and the command line to one finished tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shapenet.config.compose import compose
from shapenet.config.interpolation import interpolate
from shapenet.config.nodes import Entry, MappingNode, Node, child
from shapenet.config.overrides import apply_overrides, assign
from shapenet.errors import ConfigError, did_you_mean


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
    written = compose(path)
    tree = apply_overrides(written, overrides, Path.cwd())
    for key, entry in assignments:
        tree = assign(tree, key, entry)
    _check_parameters(written, tree)
    return tree


def _check_parameters(written: Node, tree: Node) -> None:
    """Refuse values for parameters of the model that its file does not have, so that nothing refers to them."""
    known, changed = ([*_parameters(root)] for root in (written, tree))
    for name in changed:
        if name not in known:
            message = f"there is no model.parameters.{name}: nothing would refer to it"
            place = _parameters(tree)[name].node.place
            raise ConfigError("usage/override", message, place=place, hint=did_you_mean(name, known))


def _parameters(tree: Node) -> Mapping[str, Entry]:
    model = child(tree, "model")
    parameters = child(model, "parameters") if model else None
    return parameters.entries if isinstance(parameters, MappingNode) else {}
