"""Sweeps: the grid, the sweep file, the study, the executor, and a real one."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from shapenet.errors import ConfigError, RunError, RunInterruptedError
from shapenet.experiment import load_experiment
from shapenet.rundir.manifest import read_manifest
from shapenet.sweeps.config import Sweep, load_sweep
from shapenet.sweeps.job import Job, Opened, TrialResult
from shapenet.sweeps.run import SweepReporter, run_sweep
from shapenet.sweeps.study import Study
from tests.sweeps.written import OWN_METRIC, SWEEP, write_sweep


class Scripted:
    """Gives prepared results in turn."""

    def __init__(self, *results: TrialResult) -> None:
        self.results = list(results)

    def __call__(self, job: Job, opened: Opened) -> TrialResult:
        return self.results.pop(0)


def done(folder: Path, name: str, **metrics: float) -> TrialResult:
    run = folder / name
    run.mkdir(parents=True)
    (run / "config.resolved.yaml").write_text(f"name: {name}\n")
    return TrialResult("done", 1.0, str(run), "val_loss", metrics, 2)


def swept(tmp_path: Path, *results: TrialResult, text: str = SWEEP) -> tuple[Sweep, Study]:
    sweep = load_sweep(write_sweep(tmp_path, text))
    study = Study.create(tmp_path / "sweeps", sweep.config.name, sweep.config.objective)
    run_sweep(sweep, study, tmp_path / "runs", ("shapenet",), SweepReporter(), Scripted(*results))
    return sweep, study


def test_the_leaderboard_ranks_by_what_the_runs_monitor(tmp_path: Path) -> None:
    results = [
        done(tmp_path, "a", val_loss=0.5, val_accuracy=0.7),
        TrialResult("failed", 1.0, error="out of luck"),
        done(tmp_path, "c", val_loss=0.2, val_accuracy=0.6),
        TrialResult("diverged", 1.0, error="nan"),
    ]
    _, study = swept(tmp_path, *results)
    assert [(s.rank, s.trial.number) for s in study.standings()] == [(1, 3), (2, 1), (None, 2), (None, 4)]
    with (study.folder / "leaderboard.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["val_loss"] for row in rows] == ["0.2", "0.5", "", ""]
    assert rows[0]["training.batch_size"] == "8"
    assert (study.folder / "best.yaml").read_text() == "name: c\n"
    events = [json.loads(line) for line in (study.folder / "study.jsonl").read_text().splitlines()]
    assert [(event["event"], event.get("trial")) for event in events] == [
        (event, trial) for trial in (1, 2, 3, 4) for event in ("begin", "end")
    ] + [("finished", None)]


def test_an_objective_that_grows_ranks_the_other_way(tmp_path: Path) -> None:
    results = [
        done(tmp_path, name, val_loss=0.1, val_accuracy=value) for name, value in zip("abcd", (1, 3, 2, 3), strict=True)
    ]
    _, study = swept(tmp_path, *results, text=SWEEP + "objective: val_accuracy\n")
    assert [s.trial.number for s in study.standings()] == [2, 4, 3, 1]


def test_an_objective_that_only_a_run_can_tell(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_METRIC)
    text = SWEEP.replace("{training", "{plugins: [own.py], metrics: [own_metric], training") + "objective: auc\n"
    with pytest.raises(ConfigError, match=r"sweep.yaml:7:12: objective: expected one of val_loss; received 'auc'"):
        swept(tmp_path, done(tmp_path, "a", val_loss=1.0), text=text)


def test_a_trial_without_a_finite_objective_does_not_end_the_sweep(tmp_path: Path) -> None:
    nothing = TrialResult("done", 1.0, str(tmp_path / "a"), epochs=1)
    rest = [done(tmp_path, name, val_loss=0.5) for name in "bcd"]
    _, study = swept(tmp_path, nothing, *rest, text=SWEEP + "objective: val_loss\n")
    assert [s.trial.number for s in study.standings()] == [2, 3, 4, 1]


def test_a_sweep_in_which_no_trial_has_a_finite_objective(tmp_path: Path) -> None:
    results = [TrialResult("done", 1.0, "a", epochs=1), TrialResult("failed", 1.0, error="x")] * 2
    with pytest.raises(RunError, match="a finite objective, received none: 2 of 4 ended, without it"):
        swept(tmp_path, *results)


def test_the_runs_know_which_way_an_objective_goes(tmp_path: Path) -> None:
    values = {"a": (1.0, 4.0), "b": (3.0, 2.0), "c": (2.0, 1.0), "d": (4.0, 3.0)}
    results = [
        replace(done(tmp_path, name, val_loss=0.1, val_top1=top1, val_accuracy=low), rising=("val_top1",))
        for name, (top1, low) in values.items()
    ]
    metrics = "metrics: [accuracy, SparseTopKCategoricalAccuracy: {k: 1, name: top1}]"
    text = SWEEP.replace("{training.epochs: 2}", f"{{training.epochs: 2, {metrics}}}")
    _, study = swept(tmp_path, *results, text=text + "objective: val_top1\n")
    assert [s.trial.number for s in study.standings()] == [4, 2, 3, 1]
    study = Study(study.folder, "val_accuracy")  # here a value that falls, whatever its name says
    study.results = list(zip(load_sweep(tmp_path / "sweep.yaml").trials, results, strict=True))
    assert [s.trial.number for s in study.standings()] == [3, 2, 4, 1]


def test_a_sweep_without_a_good_trial_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no trial ended well; the first one: out of luck"):
        swept(tmp_path, *[TrialResult("failed", 1.0, error="out of luck")] * 4)


def test_an_interruption_ends_the_sweep_with_its_leaderboard(tmp_path: Path) -> None:
    results = [done(tmp_path, "a", val_loss=0.5), TrialResult("interrupted", 1.0, error="x", signal=15)]
    with pytest.raises(RunInterruptedError, match="in trial 2 of 4") as caught:
        swept(tmp_path, *results)
    assert caught.value.exit_code == 143
    assert len((tmp_path / "sweeps" / "try" / "leaderboard.csv").read_text().splitlines()) == 3


def test_a_folder_is_never_used_twice(tmp_path: Path) -> None:
    folders = [Study.create(tmp_path, "größe/1", None).folder.name for _ in range(3)]
    assert folders == ["größe-1", "größe-1-2", "größe-1-3"]


def test_a_real_sweep(tmp_path: Path) -> None:
    text = SWEEP.replace("  training.batch_size: [8, 16]\n", "").replace("[0.1, 0.01]", "[0.1, 1e38]")
    sweep = load_sweep(write_sweep(tmp_path, text))
    study = Study.create(tmp_path / "sweeps", "try", None)
    run_sweep(sweep, study, tmp_path / "runs", ("shapenet", "sweep"), SweepReporter())
    first, second = study.standings()
    assert (first.result.status, second.result.status) == ("done", "diverged")
    assert second.result.run is not None
    assert read_manifest(Path(second.result.run) / "run.json").status == "diverged"
    assert first.result.run is not None
    manifest = read_manifest(Path(first.result.run) / "run.json")
    assert (manifest.name, manifest.project, manifest.command) == ("base-t001", "try", ("shapenet", "sweep"))
    assert load_experiment(study.folder / "best.yaml").config.name == "base-t001"
