"""An experiment: a config together with the text that it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapenet.config.definitions import expand_definitions
from shapenet.config.dump import dump_yaml
from shapenet.config.interpolation import escape, interpolate
from shapenet.config.load import validate, with_places
from shapenet.config.nodes import Entry, Node, child, to_plain
from shapenet.config.overrides import apply_overrides
from shapenet.config.read import read_config
from shapenet.config.schema import ExperimentConfig
from shapenet.config.yaml_loader import MAX_BYTES, load_yaml
from shapenet.errors import ConfigError, Place, Problem, RunError, ShapenetError
from shapenet.plugins import load_plugins, was_run
from shapenet.registry import plain
from shapenet.rundir.reading import check_regular
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

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Problems that know a key of the config, with its place in the file."""
        found = tuple(problems)
        return with_places(ConfigError(found), self.tree).problems if found else ()


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
    return _checked(read_config(path, overrides, assignments), path)


def _checked(tree: Node, path: Path) -> Experiment:
    """The experiment that a finished tree describes, its plug-ins run."""
    load_vocabulary()
    for index, plugin in enumerate(_plugin_paths(tree)):
        try:
            load_plugins([plugin])
        except ConfigError as error:
            raise with_places(error.under(("plugins", index)), tree) from error
    expanded = expand_definitions(tree)
    return Experiment(validate(expanded), path, expanded)


def experiment_of_run(path: Path, overrides: Sequence[str] = (), *, trust: bool) -> Experiment:
    """Read and check the resolved config of a run, which may come from a stranger.

    It stands alone: it extends no file, and takes nothing from the environment. Plug-ins are
    code: those that this user has not run before are run only where the run is trusted.

    Args:
        path: The run's ``config.resolved.yaml``.
        overrides: ``dotted.key=value`` texts, in order.
        trust: Whether to run plug-ins that are not known.

    Raises:
        RunError: It is missing, wrong, no regular file of the run, or names plug-ins that are not trusted.
        ConfigError: It is wrong with the overrides.
        MachineError: It can't be read.
    """
    with suppress(OSError):  # reading it says so
        check_regular(path, path.parent, MAX_BYTES)
    with run_at_fault():
        written = load_yaml(path)
    with nullcontext() if overrides else run_at_fault():
        tree = interpolate(apply_overrides(written, overrides, Path.cwd()), {})
        strange = [plugin for plugin in _plugin_paths(tree) if plugin.is_file() and not was_run(plugin)]
        if strange and not trust:
            raise RunError(
                "run/untrusted",
                f"the run would run code that you have not run before: {', '.join(map(str, strange))}",
                place=Place(str(path)),
                hint="read it, and add --trust if you trust it",
            )
        return _checked(tree, path)


@contextmanager
def run_at_fault() -> Iterator[None]:
    """What is wrong with the config of a run is wrong with the run: raise `ConfigError` as `RunError`."""
    try:
        yield
    except ConfigError as error:
        raise RunError(error.problems) from error


def _plugin_paths(tree: Node) -> list[Path]:
    """The plug-ins that a config names, as far as their form is right; validation judges the rest."""
    named = child(tree, "plugins")
    values = to_plain(named) if named else []
    return [v.base_dir / v for v in values if isinstance(v, ConfigText)] if isinstance(values, list) else []


def resolved_values(config: ExperimentConfig) -> Mapping[str, Any]:
    """The config as plain data, every default filled in."""
    values: Mapping[str, Any] = plain(config.model_dump(mode="python"))
    return values
