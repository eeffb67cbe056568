"""The sweep file: a base experiment and a grid of values over its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shapenet.config.compose import at_mention
from shapenet.config.load import validate_as, with_places
from shapenet.config.nodes import Entry, MappingNode, Node, ScalarNode, child
from shapenet.config.read import read_config, read_tree
from shapenet.config.section import Section
from shapenet.errors import ConfigError, Problem, ShapenetError, did_you_mean
from shapenet.experiment import Experiment, load_experiment
from shapenet.sweeps.space import Trial, grid
from shapenet.training.check import check_experiment
from shapenet.training.names import value_names
from shapenet.values import ConfigPath, as_tuple

_AsTuple = BeforeValidator(as_tuple)
_MOST_TRIALS = 10_000
_SET_BY_SWEEP = {
    ("grid", "name"): "every run is named after the base and its trial",
    ("grid", "project"): "every run's project is the sweep's name",
    ("overrides", "project"): "every run's project is the sweep's name",
}


class SweepConfig(Section):
    """A sweep over the keys of one experiment."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/]*\w[^/]*$")]
    """Names the sweep's folder, and the project of its runs."""
    base: ConfigPath
    """The experiment that every trial varies, relative to this file."""
    overrides: dict[str, Any] = Field(default_factory=dict)
    """Changes that every trial has: values by dotted key; paths in them are relative to this file."""
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
        base_name: The base experiment's name as it was written, with references in it; None
            if it has none, so that no trial can be right.
    """

    config: SweepConfig
    path: Path
    tree: Node
    trials: tuple[Trial, ...]
    base_name: ScalarNode | None

    def assignments(self, trial: Trial) -> tuple[tuple[str, Entry], ...]:
        """Everything that a trial changes: overrides, its values, and the name and project of its run."""
        project = child(self.tree, "name") or self.tree
        own = {"project": ScalarNode(self.config.name, project.place, project.base_dir)}
        if self.base_name is not None:
            own["name"] = replace(self.base_name, value=f"{self.base_name.value}-t{trial.number:03d}")
        named = [(key, Entry(node.place, node)) for key, node in own.items()]
        return (*_overrides(self.tree), *trial.assignments, *named)

    def experiment(self, trial: Trial) -> Experiment:
        """The experiment of a trial.

        Raises:
            ConfigError: It is wrong.
        """
        return load_experiment(self.config.base, (), self.assignments(trial))


def load_sweep(path: Path, overrides: Sequence[str] = ()) -> Sweep:
    """Read a sweep, and check the experiment of each of its trials.

    Args:
        path: The file.
        overrides: ``dotted.key=value`` texts that change the sweep file's own values.

    Raises:
        ConfigError: The file or the experiment of a trial is wrong, or trials don't have
            the objective; lists every problem once.
    """
    tree = read_config(path, overrides)
    config = validate_as(SweepConfig, tree)
    _check_size(config.grid, tree)
    _check_keys(tree)
    space = child(tree, "grid")
    sweep = Sweep(config, path, tree, tuple(grid(space)) if space else (), _base_name(config, tree))
    problems = dict.fromkeys(problem for trial in sweep.trials for problem in _problems(sweep, trial))
    if problems:
        raise ConfigError(problems)
    return sweep


def _overrides(tree: Node) -> tuple[tuple[str, Entry], ...]:
    node = child(tree, "overrides")
    return tuple(node.entries.items()) if isinstance(node, MappingNode) else ()


def _base_name(config: SweepConfig, tree: Node) -> ScalarNode | None:
    """The name that base and overrides give, if it is text."""
    try:
        name = child(read_tree(config.base, (), _overrides(tree)), "name")
    except ConfigError as error:
        place = (child(tree, "base") or tree).place
        raise error.replacing(at_mention(problem, config.base, place) for problem in error.problems) from None
    return name if isinstance(name, ScalarNode) and isinstance(name.value, str) else None


def _problems(sweep: Sweep, trial: Trial) -> Iterator[Problem]:
    """What is wrong with a trial."""
    try:
        experiment = sweep.experiment(trial)
        check_experiment(experiment)
        objective, known = sweep.config.objective, value_names(experiment.config)
        if objective is not None and known is not None and objective not in known:
            raise with_places(unknown_objective(objective, known), sweep.tree)
    except ShapenetError as error:
        yield from error.problems


def unknown_objective(objective: str, known: Sequence[str]) -> ConfigError:
    """The error of an objective that runs don't have, without its place.

    Args:
        objective: The objective.
        known: What the runs have.
    """
    message = f"objective: expected one of {', '.join(known)}; received {objective!r}"
    if objective.startswith("val_") and objective.removeprefix("val_") in known:
        hint = "there is no val split: give the base data.split.val or data.val, or rank by the training's own value"
        return ConfigError("config/objective", message, key=("objective",), hint=hint)
    near = did_you_mean(objective, known) or ""
    hint_or_none = near if near.startswith("did you mean") else None  # the message lists them all
    return ConfigError("config/objective", message, key=("objective",), hint=hint_or_none)


def _check_size(values: Mapping[str, Sequence[Any]], tree: Node) -> None:
    number = 1
    for choices in values.values():
        number *= len(choices)
    if number > _MOST_TRIALS:
        space = child(tree, "grid") or tree
        message = f"expected at most {_MOST_TRIALS:,} trials, received {number:,}"
        raise ConfigError("config/value", message, place=space.place)


def _check_keys(tree: Node) -> None:
    """Refuse to vary what the sweep sets itself."""
    problems = []
    for (section, key), reason in _SET_BY_SWEEP.items():
        node = child(tree, section)
        entry = node.entries.get(key) if isinstance(node, MappingNode) else None
        if entry is not None:
            message = f"{section}.{key} can't be given: {reason}"
            problems.append(Problem("config/conflict", message, entry.key_place))
    if problems:
        raise ConfigError(problems)
