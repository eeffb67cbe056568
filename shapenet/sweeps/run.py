"""Runs a sweep from its first trial to its last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from shapenet.config.load import with_places
from shapenet.errors import ConfigError, RunError, RunInterruptedError
from shapenet.rundir.atomic import write_atomic
from shapenet.sweeps.config import Sweep
from shapenet.sweeps.executor import run_trial
from shapenet.sweeps.job import Job, Opened, TrialResult
from shapenet.sweeps.space import Trial
from shapenet.sweeps.study import Study

Execute = Callable[[Job, Opened], TrialResult]
"""Runs one trial, and tells its run directory as soon as there is one; a later executor may do so elsewhere."""


class SweepReporter:
    """Hears how a sweep goes; this one keeps silent."""

    def began(self, trial: Trial, number_of_trials: int) -> None:
        """A trial begins."""

    def ended(self, trial: Trial, number_of_trials: int, result: TrialResult, objective: str | None) -> None:
        """A trial has ended."""


def run_sweep(
    sweep: Sweep, study: Study, runs_dir: Path, command: Sequence[str], reporter: SweepReporter,
    execute: Execute = run_trial,
) -> None:  # fmt: skip
    """Run every trial that has not ended, one after another; how they went is in the study.

    A trial that was interrupted goes on in its run.

    Args:
        sweep: What to run.
        study: Takes down how it goes.
        runs_dir: Folder of all runs.
        command: The command line, for the runs' manifests.
        reporter: Hears how it goes.
        execute: Runs a trial.

    Raises:
        ConfigError: The objective names a figure that the runs don't have.
        RunInterruptedError: A signal ended the sweep; what is done stays.
        RunError: No trial ended well, or none with a finite objective.
    """
    write_atomic(study.folder / "sweep.yaml", sweep.path.read_bytes())
    number = len(sweep.trials)
    for trial in study.left(sweep.trials):
        reporter.began(trial, number)
        study.begin(trial)
        begun = study.run_of(trial, runs_dir)
        job = Job(sweep.config.base, sweep.assignments(trial), runs_dir, tuple(command), begun)
        result = execute(job, partial(study.opened, trial))
        try:
            study.end(trial, result)
        except ConfigError as error:
            raise with_places(error, sweep.tree) from None
        reporter.ended(trial, number, result, study.objective)
        if result.signal is not None:
            message = f"interrupted in trial {trial.number} of {number}; see {study.folder}"
            raise RunInterruptedError(result.signal, message, "the same command goes on")
    study.finish()
    if study.best is None:
        raise _no_best(study)


def _no_best(study: Study) -> RunError:
    """The error of a sweep in which no trial leads."""
    ended_well = sum(result.status == "done" for _, result in study.results)
    if not ended_well:
        error = study.results[0][1].error
        return RunError("run/no-trial", f"no trial ended well; the first one: {error}")
    figure, number = study.objective or "objective", len(study.results)
    message = f"expected a trial with a finite {figure}, received none: {ended_well} of {number} ended, without it"
    return RunError("run/no-objective", message, hint=f"{study.folder / 'leaderboard.csv'} lists their runs")
