"""Trains one trial, in its own process: from its beginning, or from where it was."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from shapenet.rundir.lock import holder_of
from shapenet.rundir.manifest import RunManifest, read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.rundir.reading import read_regular
from shapenet.sweeps.job import Job, Opened, TrialResult

if TYPE_CHECKING:
    from shapenet.training.resume import Resumption

_PAUSE_SECONDS = 0.1


def train_trial(job: Job, opened: Opened) -> TrialResult:
    """Train the trial's experiment in an ordinary run directory, or go on in one.

    Args:
        job: The trial.
        opened: Is given the run directory as soon as there is one.
    """
    from shapenet.experiment import load_experiment
    from shapenet.training.fit import train
    from shapenet.training.reporter import Reporter

    class Announcing(Reporter):
        """Passes on where the run is."""

        def opened(self, run: Path) -> None:
            """Pass it on."""
            opened(run)

    resumption = None
    if job.run is not None:
        run = RunDir(job.run)
        _wait_for_the_last_process(run)
        manifest = read_manifest(run.run_json)
        if manifest.status in ("done", "diverged"):  # the sweep was killed before it heard
            return _result(run, manifest)
        resumption = _begun(run, job)
    experiment = resumption.experiment if resumption else load_experiment(job.base, (), job.assignments)
    result = train(experiment, job.runs_dir, job.command, Announcing(), resumption)
    return _result(result.run, result.manifest)


def _begun(run: RunDir, job: Job) -> Resumption:
    """What to go on with.

    The journal may come from a stranger: plug-ins are run only where the run has the very config that
    the sweep gives the trial.
    """
    from shapenet.experiment import load_experiment
    from shapenet.training.init import with_found_run
    from shapenet.training.resume import resume_run

    trusted = False
    with suppress(OSError):  # which going on tells
        own = with_found_run(load_experiment(job.base, (), job.assignments), job.runs_dir).resolved().encode()
        trusted = read_regular(run.resolved_config, run.root) == own
    return resume_run(run, trust=trusted)


def _wait_for_the_last_process(run: RunDir) -> None:
    """A sweep that is killed leaves a process that ends its steps and saves the state: as long as it takes."""
    while holder_of(run.lock):
        time.sleep(_PAUSE_SECONDS)


def _result(run: RunDir, manifest: RunManifest) -> TrialResult:
    best = manifest.best
    return TrialResult(
        manifest.status,
        run=str(run.root),
        monitor=best.monitor if best else None,
        metrics=_finite(best.metrics) if best else {},
        rising=best.rising if best else None,
        epochs=manifest.epochs_done,
        error=manifest.error,
    )


def _finite(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    """`figures` as JSON can hold them: None where one is not finite."""
    return {name: None if value is None or not math.isfinite(value) else value for name, value in figures.items()}
