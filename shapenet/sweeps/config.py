"""The sweep file: a base experiment and a grid of values over its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shapenet.config.load import validate_as
from shapenet.config.nodes import Entry, Node, ScalarNode, child
from shapenet.config.read import read_config
from shapenet.config.schema import Section
from shapenet.errors import ConfigError, Problem, ShapenetError
from shapenet.experiment import Experiment, load_experiment
from shapenet.sweeps.space import Trial, grid
from shapenet.values import ConfigPath, as_tuple

_AsTuple = BeforeValidator(as_tuple)
_MOST_TRIALS = 10_000


class SweepConfig(Section):
    """A sweep over the keys of one experiment."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/]*\w[^/]*$")]
    """Names the sweep's folder, and the project of its runs."""
    base: ConfigPath
    """The experiment that every trial varies, relative to this file."""
    overrides: Annotated[tuple[str, ...], _AsTuple] = ()
    """Changes that every trial has: texts ``dotted.key=value``."""
    grid: Annotated[dict[str, Annotated[tuple[Any, ...], _AsTuple, Field(min_length=1)]], Field(min_length=1)]
    """Values by dotted key; every combination is a trial."""
    objective: str | None = None
    """The figure that ranks the trials, ``val_accuracy`` for example; what the runs monitor unless given."""


@dataclass(frozen=True)
class Sweep:
    """A checked sweep.

    Attributes:
        config: The config.
        path: The file it was read from.
        tree: Its text.
        trials: Every trial; each one's experiment has been checked.
        base_name: The base experiment's name.
    """

    config: SweepConfig
    path: Path
    tree: Node
    trials: tuple[Trial, ...]
    base_name: str

    def assignments(self, trial: Trial) -> tuple[tuple[str, Entry], ...]:
        """Everything that a trial changes: its values, and the name and project of its run."""
        own = {"name": f"{self.base_name}-t{trial.number:03d}", "project": self.config.name}
        place, folder = self.tree.place, self.path.parent
        named = [(key, Entry(place, ScalarNode(value, place, folder))) for key, value in own.items()]
        return (*trial.assignments, *named)

    def experiment(self, trial: Trial) -> Experiment:
        """The experiment of a trial.

        Raises:
            ConfigError: It is wrong.
        """
        return load_experiment(self.config.base, self.config.overrides, self.assignments(trial))


def load_sweep(path: Path, overrides: Sequence[str] = ()) -> Sweep:
    """Read a sweep, and check the experiment of each of its trials.

    Args:
        path: The file.
        overrides: ``dotted.key=value`` texts that change the sweep file's own values.

    Raises:
        ConfigError: The file or the experiment of a trial is wrong; lists every problem once.
    """
    tree = read_config(path, overrides)
    config = validate_as(SweepConfig, tree)
    _check_size(config.grid, tree)
    base = load_experiment(config.base, config.overrides).config
    space = child(tree, "grid")
    sweep = Sweep(config, path, tree, tuple(grid(space)) if space else (), base.name)
    problems: dict[Problem, None] = {}
    for trial in sweep.trials:
        try:
            sweep.experiment(trial)
        except ShapenetError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ConfigError(problems)
    return sweep


def _check_size(values: Mapping[str, Sequence[Any]], tree: Node) -> None:
    number = 1
    for choices in values.values():
        number *= len(choices)
    if number > _MOST_TRIALS:
        space = child(tree, "grid") or tree
        message = f"expected at most {_MOST_TRIALS:,} trials, received {number:,}"
        raise ConfigError("config/value", message, place=space.place)
