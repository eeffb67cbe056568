"""The study of a sweep: a new one, or the one that was not finished."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from shapenet.config.nodes import to_plain
from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, Place, RunError
from shapenet.rundir.atomic import machine_errors
from shapenet.rundir.leftovers import remove, unfinished
from shapenet.rundir.lock import RunLock
from shapenet.rundir.manifest import host_versions
from shapenet.rundir.reading import check_contained, check_inside
from shapenet.sweeps.config import Sweep
from shapenet.sweeps.journal import Journal
from shapenet.sweeps.study import JOURNAL, LOCK, Study
from shapenet.training.differences import differences, flat, listed

_MADE_FIRST = frozenset({LOCK, JOURNAL, "sweep.yaml"})


@contextmanager
def opened_study(sweep: Sweep, sweeps_dir: Path, *, new: bool = False) -> Iterator[Study]:
    """The study of the newest sweep of this name if it is not finished, or else a new one; nobody else has it.

    Args:
        sweep: The sweep.
        sweeps_dir: Folder of all sweeps.
        new: Begin a new one in any case.

    Raises:
        RunError: The one that is not finished tries something else, or its journal is damaged, or something in its
            folder leads out of it.
        MachineError: Another process works on it, or the folder can't be written.
    """
    name, objective = sweep.config.name, sweep.config.objective
    folder = None if new else _unfinished(sweeps_dir, name)
    if folder:
        with machine_errors(folder):
            check_inside(folder, sweeps_dir)
            check_contained(folder)
    study = Study(folder, objective) if folder else Study.create(sweeps_dir, name, objective)
    with RunLock(study.folder / LOCK, "sweep"):
        for left in unfinished(study.folder):
            remove(left)
        definition = _definition(sweep)
        before = study.take_up(sweep.trials)
        if before is None:
            study.define(definition)
        else:
            _check(before, definition, study.folder)
        yield study


def _unfinished(sweeps_dir: Path, name: str) -> Path | None:
    """The folder of the newest sweep of a name, unless it is finished."""
    found = None
    for number in count(1):
        folder = Study.folder_of(sweeps_dir, name, number)
        if not folder.is_dir():
            return found
        events = Journal(folder / JOURNAL).read()
        if not events and {path.name for path in folder.iterdir()} <= _MADE_FIRST:
            found = folder
        elif events and events[0].get("name") == name:
            found = None if events[-1]["event"] == "finished" else folder
    raise AssertionError  # there is no last number


def _definition(sweep: Sweep) -> dict[str, Any]:
    """What decides all that a sweep does, as JSON holds it."""
    return {
        "name": sweep.config.name,
        "objective": sweep.config.objective,
        "grid": sweep.config.grid,
        "versions": host_versions(),
        "config": sweep.experiment(sweep.trials[0]).resolved(),
    }


def _check(before: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    """Refuse to go on with something else."""
    try:
        changes = differences(_fields(before), _fields(now))
    except (ConfigError, ValueError, TypeError, AttributeError) as error:
        message = f"expected what the sweep does, received: {error}"
        raise RunError("run/study", message, place=Place(str(folder / JOURNAL), 1)) from None
    if changes:
        text = f"the sweep is not finished, and began with other values:{listed(changes)}"
        hint = "--new begins another one beside it; with the old values it goes on"
        raise RunError("run/changed", text, place=Place(str(folder)), hint=hint)


def _fields(definition: dict[str, Any]) -> dict[str, Any]:
    """The values by name; those of the experiment that the grid sets are its business."""
    grid = {key: [*values] for key, values in dict(definition.get("grid") or {}).items()}
    config = to_plain(parse_yaml(str(definition.get("config", "")), "config", Path()))
    experiment = {
        name: value for name, value in flat(config).items() if not any(f"{name}.".startswith(f"{key}.") for key in grid)
    }
    return {
        "objective": definition.get("objective"),
        "grid": ", ".join(grid),
        **{f"grid.{key}": values for key, values in grid.items()},
        **flat({"versions": definition.get("versions") or {}}),
        **experiment,
    }
