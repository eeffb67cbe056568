"""An experiment: a config together with the text that it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapenet.config.definitions import expand_definitions
from shapenet.config.dump import dump_yaml
from shapenet.config.interpolation import escape
from shapenet.config.load import validate, with_places
from shapenet.config.nodes import Entry, Node, child, to_plain
from shapenet.config.read import read_config
from shapenet.config.schema import ExperimentConfig
from shapenet.errors import ConfigError, ShapenetError
from shapenet.plugins import load_plugins
from shapenet.registry import plain
from shapenet.values import ConfigText
from shapenet.vocabulary import load_vocabulary


@dataclass(frozen=True)
class Experiment:
    """A checked config and where each of its values was written.

    Attributes:
        config: The config.
        path: The file it was read from.
        tree: Its text, after extension, overrides and interpolation, with the blocks of `model.define` put in.
    """

    config: ExperimentConfig
    path: Path
    tree: Node

    def resolved(self) -> str:
        """YAML that alone gives the same experiment: every default filled in, paths absolute."""
        return dump_yaml(escape(resolved_values(self.config)))

    def digest(self) -> str:
        """Eight hexadecimal digits that change with the resolved config."""
        return hashlib.sha256(self.resolved().encode()).hexdigest()[:8]

    @contextmanager
    def locating(self) -> Iterator[None]:
        """Give errors raised inside, which know a key of the config, its place in the file."""
        try:
            yield
        except ShapenetError as error:
            located = with_places(error, self.tree)
            if located.problems == error.problems:
                raise
            raise located from error


def load_experiment(
    path: Path, overrides: Sequence[str] = (), assignments: Sequence[tuple[str, Entry]] = ()
) -> Experiment:
    """Read and check a config, running the plug-ins that it names.

    Args:
        path: The YAML file.
        overrides: ``dotted.key=value`` texts, in order.
        assignments: Dotted keys with values, laid over all that.

    Raises:
        ConfigError: Anything in it is wrong; lists every problem with its place.
    """
    tree = read_config(path, overrides, assignments)
    load_vocabulary()
    for index, plugin in enumerate(_plugin_paths(tree)):
        try:
            load_plugins([plugin])
        except ConfigError as error:
            raise with_places(error.under(("plugins", index)), tree) from error
    expanded = expand_definitions(tree)
    return Experiment(validate(expanded), path, expanded)


def named_plugins(path: Path) -> tuple[Path, ...]:
    """The plug-in files that a config names; none of them is run.

    Args:
        path: The YAML file.

    Raises:
        ConfigError: It can't be read.
    """
    return tuple(_plugin_paths(read_config(path)))


def _plugin_paths(tree: Node) -> list[Path]:
    """The plug-ins that a config names, as far as their form is right; validation judges the rest."""
    named = child(tree, "plugins")
    values = to_plain(named) if named else []
    return [v.base_dir / v for v in values if isinstance(v, ConfigText)] if isinstance(values, list) else []


def resolved_values(config: ExperimentConfig) -> Mapping[str, Any]:
    """The config as plain data, every default filled in."""
    values: Mapping[str, Any] = plain(config.model_dump(mode="python"))
    return values
