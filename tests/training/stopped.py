"""Trainings that are stopped at a place of one's choice and go on, and what is left of them to compare."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shapenet.callbacks.checkpoint import read_arrays, read_state
from shapenet.errors import RunInterruptedError
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from shapenet.training.resume import resume_run

from .conftest import experiment_in

MLP = """\
name: mlp
seed: 3
data:
  source: {shapes: {classes: [square, triangle], num_images: 157, size: 12}}
  split: {val: 0.2, test: 0.1}
model: {layers: [Flatten, Dense: {units: 8, activation: relu}, Dropout: {rate: 0.4}]}
optimizer: {Adam: {learning_rate: 1e-2}}
training: {batch_size: 8, epochs: 3, steps_per_execution: 3, checkpoint: {every_steps: 6}}
"""

At = tuple[int, int | str]


class CrashError(Exception):
    """What ends a training without a chance to save."""


class Stopping(Reporter):
    """Does something once, at a step, in the validation or at the end of an epoch."""

    def __init__(self, at: At, act: Callable[[], None]) -> None:
        self._at, self._act = at, act
        self.warnings: list[str] = []
        self.epochs: list[int] = []

    def _reached(self, at: At) -> None:
        if at == self._at:
            self._at = (0, 0)
            self._act()

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def step(self, epoch: int, images_done: int, images_total: int, logs: Mapping[str, float]) -> None:
        self._reached((epoch, -(-images_done // 8)))

    def validating(self, epoch: int) -> None:
        self._reached((epoch, "validation"))

    def epoch(self, row: Mapping[str, float], *, is_best: bool) -> None:
        self.epochs.append(int(row["epoch"]))
        self._reached((int(row["epoch"]), "end"))


def crash() -> None:
    raise CrashError


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def the_run(folder: Path) -> RunDir:
    return RunDir(next(path for path in folder.glob("runs/default/*") if path.is_dir()))


def stop(folder: Path, at: At, act: Callable[[], None], *overrides: str, config: str = MLP) -> RunDir:
    """Begin a run that ends as `act` ends it."""
    folder.mkdir(exist_ok=True)
    experiment = experiment_in(folder, *overrides, config=config)
    with pytest.raises((CrashError, RunInterruptedError)):
        train(experiment, folder / "runs", ("shapenet",), Stopping(at, act))
    return the_run(folder)


def go_on(run: RunDir, reporter: Reporter | None = None, *overrides: str, **options: Any) -> RunDir:
    """Go on in a run, to its end."""
    resumption = resume_run(run, overrides, **options)
    return train(resumption.experiment, run.root.parents[1], ("again",), reporter or Reporter(), resumption).run


def stop_again(run: RunDir, at: At) -> None:
    """Go on in a run, up to an interruption."""
    resumption = resume_run(run)
    with pytest.raises(RunInterruptedError):
        train(resumption.experiment, run.root.parents[1], (), Stopping(at, interrupt), resumption)


def outcome(run: RunDir) -> dict[str, Any]:
    """All that two runs which are equal have in common: weights, state, metrics, best."""
    import h5py

    found: dict[str, Any] = {}
    for name in ("last", "best"):
        with h5py.File(run.checkpoints_dir / name / "model.weights.h5") as file:
            file.visititems(
                lambda road, item, name=name: (
                    found.update({f"{name}/{road}": item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None
                )
            )
    found.update((name, array.tobytes()) for name, array in read_arrays(run.last_dir).items())
    found.update((name, read_state(run.last_dir)[name]) for name in ("epoch", "step", "stopped", "callbacks"))
    rows = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    best = read_manifest(run.run_json).best
    assert best is not None
    found.update(rows=[untimed(row) for row in rows], best=(best.epoch, untimed(best.metrics)))
    return found


def untimed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("seconds", "images_per_second")}


_undisturbed: dict[tuple[str, ...], dict[str, Any]] = {}


def undisturbed(folder: Path, *overrides: str, config: str = MLP) -> dict[str, Any]:
    """The outcome of a run that nobody disturbs; each is trained once."""
    key = (config, *overrides)
    if key not in _undisturbed:
        (folder / "whole").mkdir()
        experiment = experiment_in(folder / "whole", *overrides, config=config)
        _undisturbed[key] = outcome(train(experiment, folder / "whole" / "runs", ("shapenet",), Reporter()).run)
    return _undisturbed[key]
