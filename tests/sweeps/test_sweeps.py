"""Sweeps: the grid, the sweep file, the study, the executor, and a real one."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, DivergedError, MachineError, Place, RunError, RunInterruptedError
from shapenet.experiment import load_experiment
from shapenet.rundir.manifest import read_manifest
from shapenet.sweeps.config import Sweep, load_sweep
from shapenet.sweeps.executor import run_trial
from shapenet.sweeps.job import Job, Opened, TrialResult
from shapenet.sweeps.run import SweepReporter, run_sweep
from shapenet.sweeps.space import grid
from shapenet.sweeps.study import Study

BASE = """\
name: base
data: {source: {shapes: {classes: [square, ring], num_images: 60, size: 8}}}
model: {layers: [Flatten, Dense: {units: 4}]}
training: {epochs: 1, batch_size: 8}
"""
SWEEP = """\
name: try
base: base.yaml
overrides: {training.epochs: 2}
grid:
  optimizer.SGD.learning_rate: [0.1, 0.01]
  training.batch_size: [8, 16]
"""


OWN_METRIC = """\
from shapenet.registry import REGISTRIES


@REGISTRIES["metric"].register("own_metric")
def own_metric():
    raise AssertionError
"""


def write_sweep(folder: Path, text: str = SWEEP) -> Path:
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    (folder / "sweep.yaml").write_text(text, encoding="utf-8")
    return folder / "sweep.yaml"


def test_a_grid_is_every_combination_the_last_key_fastest() -> None:
    space = parse_yaml("a: [1, 2]\nb.c: [x, {y: 3}]", "f.yaml", Path())
    trials = [(trial.number, trial.values) for trial in grid(space)]
    assert trials == [
        (1, {"a": 1, "b.c": "x"}),
        (2, {"a": 1, "b.c": {"y": 3}}),
        (3, {"a": 2, "b.c": "x"}),
        (4, {"a": 2, "b.c": {"y": 3}}),
    ]


def test_trials_are_the_base_with_overrides_and_values(tmp_path: Path) -> None:
    sweep = load_sweep(write_sweep(tmp_path))
    config = sweep.experiment(sweep.trials[3]).config
    assert (config.name, config.project) == ("base-t004", "try")
    assert (config.training.epochs, config.training.batch_size) == (2, 16)
    assert config.optimizer.to_config() == {"SGD": {"learning_rate": 0.01}}


@pytest.mark.parametrize(
    "text", ["grid: {data.source.csv.path: [x.csv]}", "overrides: {data.source.csv.path: x.csv}\ngrid: {seed: [1]}"]
)
def test_paths_start_from_the_sweep_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    path = tmp_path / "sweeps" / "sweep.yaml"
    path.write_text(f"name: a\nbase: ../base.yaml\n{text}\n", encoding="utf-8")
    sweep = load_sweep(path)
    source = sweep.experiment(sweep.trials[0]).config.data.source
    assert source.arguments["path"] == tmp_path / "sweeps" / "x.csv"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("grid:", "gird:", "sweep.yaml:4:1: gird is not a field\n  help: did you mean grid?"),
        ("[8, 16]", "[8, no]", "sweep.yaml:6:28: training.batch_size: expected an integer, received 'no'"),
        ("[8, 16]", "8", "sweep.yaml:6:24: grid.training.batch_size: expected a list, received 8"),
        ("[8, 16]", "[]", "sweep.yaml:6:24: grid.training.batch_size"),
        ("batch_size", "batchsize", "sweep.yaml:6:3: training.batchsize is not a field"),
        ("SGD.learning_rate", "SGD.rate", "SGD has no argument 'rate'"),
        ("epochs: 2", "epochs: two", "sweep.yaml:3:30: training.epochs: expected an integer, received 'two'"),
        ("training.epochs", "training..epochs", "sweep.yaml:3:13: expected a dotted key"),
        ("{training.epochs: 2}", "[training.epochs=2]", "sweep.yaml:3:12: overrides: expected a mapping"),
        ("optimizer.SGD.learning_rate", "name", "sweep.yaml:5:3: grid.name can't be given: every run is named"),
        ("training.batch_size", "project", "sweep.yaml:6:3: grid.project can't be given: every run's project is"),
        ("training.epochs: 2", "project: x", "sweep.yaml:3:13: overrides.project can't be given"),
    ],
)
def test_every_trial_is_checked_before_the_first(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_sweep(write_sweep(tmp_path, SWEEP.replace(old, new)))
    assert expected in str(caught.value)


def test_a_missing_base_is_told_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_sweep(write_sweep(tmp_path, SWEEP.replace("base.yaml", "bass.yaml")))
    (problem,) = caught.value.problems
    assert (problem.place, problem.code) == (Place(str(tmp_path / "sweep.yaml"), 2, 7), "config/missing-file")
    assert problem.message.endswith(str(tmp_path / "bass.yaml"))
    assert "base.yaml" in str(problem.hint)


def test_a_base_need_not_be_whole(tmp_path: Path) -> None:
    source = "{shapes: {classes: [square, ring], num_images: 60, size: 8}}"
    path = write_sweep(tmp_path, f"{SWEEP}  data.source: [{source}]\n")
    (tmp_path / "base.yaml").write_text(BASE.replace(source, "null"))
    assert len(load_sweep(path).trials) == 4


def test_references_in_the_base_name_are_each_trials_own(tmp_path: Path) -> None:
    path = write_sweep(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE.replace("name: base", "name: b${training.batch_size}"))
    sweep = load_sweep(path)
    assert [sweep.experiment(trial).config.name for trial in sweep.trials[:2]] == ["b8-t001", "b16-t002"]


@pytest.mark.parametrize(
    ("metrics", "objective", "hint"),
    [
        ("", "val_acuracy", "did you mean val_accuracy or accuracy?"),
        ("metrics: [AUC]", "accuracy", None),
        ("metrics: [AUC: {name: area}]", "auc", None),
        ("", "seconds", None),
    ],
)
def test_an_objective_is_checked_before_the_first_trial(
    tmp_path: Path, metrics: str, objective: str, hint: str | None
) -> None:
    path = write_sweep(tmp_path, f"{SWEEP}objective: {objective}\n")
    (tmp_path / "base.yaml").write_text(BASE + metrics)
    with pytest.raises(ConfigError) as caught:
        load_sweep(path)
    (problem,) = caught.value.problems
    assert (problem.place, problem.hint) == (Place(str(path), 7, 12), hint)
    assert f"received {objective!r}" in problem.message


def test_an_objective_on_a_val_split_that_there_is_not(tmp_path: Path) -> None:
    text = SWEEP.replace("{training.epochs: 2}", "{data.split.val: 0.0}") + "objective: val_loss\n"
    with pytest.raises(ConfigError, match="there is no val split"):
        load_sweep(write_sweep(tmp_path, text))


@pytest.mark.parametrize("objective", ["loss", "val_loss", "accuracy", "val_accuracy"])
def test_objectives_that_runs_have(tmp_path: Path, objective: str) -> None:
    sweep = load_sweep(write_sweep(tmp_path, f"{SWEEP}objective: {objective}\n"))
    assert sweep.config.objective == objective


def job(folder: Path) -> Job:
    return Job(folder / "base.yaml", (), folder / "runs", ("shapenet", "sweep"))


def ignore(run: Path) -> None:
    pass


def report_done(job: Job, opened: Opened) -> TrialResult:
    return TrialResult("done", run=str(job.runs_dir), metrics={"val_loss": 0.5}, epochs=3)


def exit_at_once(job: Job, opened: Opened) -> TrialResult:
    os._exit(9)


def kill_itself(job: Job, opened: Opened) -> TrialResult:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def diverge(job: Job, opened: Opened) -> TrialResult:
    raise DivergedError("training/diverged", "the loss became nan")


def fail(job: Job, opened: Opened) -> TrialResult:
    raise ZeroDivisionError("by zero")


def be_interrupted(job: Job, opened: Opened) -> TrialResult:
    raise RunInterruptedError(2, "SIGINT received")


@pytest.mark.parametrize(
    ("work", "status", "error"),
    [
        (report_done, "done", None),
        (exit_at_once, "failed", "the trial's process was ended with exit code 9"),
        (kill_itself, "failed", "the trial's process was ended by SIGKILL"),
        (diverge, "diverged", "error[training/diverged]: the loss became nan"),
        (fail, "failed", "ZeroDivisionError: by zero"),
        (be_interrupted, "interrupted", "error[run/interrupted]: SIGINT received"),
    ],
)
def test_whatever_happens_in_a_trial_is_a_result(tmp_path: Path, work: object, status: str, error: str | None) -> None:
    result = run_trial(job(tmp_path), ignore, work)  # type: ignore[arg-type]
    assert (result.status, result.error) == (status, error)
    assert result.seconds > 0


def open_and_diverge(job: Job, opened: Opened) -> TrialResult:
    run = job.runs_dir / "kept"
    run.mkdir(parents=True)
    opened(run)
    raise DivergedError("training/diverged", "the loss became nan")


def open_and_be_killed(job: Job, opened: Opened) -> TrialResult:
    run = job.runs_dir / "kept"
    run.mkdir(parents=True)
    opened(run)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def open_and_remove(job: Job, opened: Opened) -> TrialResult:
    opened(job.runs_dir / "removed")
    raise DivergedError("training/diverged", "the loss became nan")


@pytest.mark.parametrize(
    ("work", "run"), [(open_and_diverge, "kept"), (open_and_be_killed, "kept"), (open_and_remove, None)]
)
def test_a_run_that_did_not_end_well_is_known(tmp_path: Path, work: object, run: str | None) -> None:
    result = run_trial(job(tmp_path), ignore, work)  # type: ignore[arg-type]
    assert result.status in ("diverged", "failed")
    assert result.run == (run and str(tmp_path / "runs" / run))


def wait_for_a_signal(job: Job, opened: Opened) -> TrialResult:
    run = job.runs_dir / "kept"
    run.mkdir(parents=True)
    opened(run)
    (job.runs_dir.parent / "pipe").write_text("ready")  # waits until somebody reads
    threading.Event().wait()
    raise AssertionError


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_goes_on_to_the_trial_and_its_end_is_heard(tmp_path: Path, number: int) -> None:
    os.mkfifo(tmp_path / "pipe")

    def send() -> None:
        (tmp_path / "pipe").read_text()
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send)
    sender.start()
    result = run_trial(job(tmp_path), ignore, wait_for_a_signal)
    sender.join()
    assert (result.status, result.signal) == ("interrupted", number)
    assert result.run == str(tmp_path / "runs" / "kept")


def open_and_wait(job: Job, opened: Opened) -> TrialResult:
    opened(job.runs_dir / "kept")
    threading.Event().wait()
    raise AssertionError


def test_a_sweep_that_can_not_write_ends_its_trial_too(tmp_path: Path) -> None:
    def fail(run: Path) -> None:
        raise MachineError("machine/write", "can't write")

    with pytest.raises(MachineError):  # after the process has ended: it would wait for ever
        run_trial(job(tmp_path), fail, open_and_wait)


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


FOLDS = """\
name: folds
base: base.yaml
overrides: {data.split: {test: 0.2}}
grid: {data.split.fold: [1/3, 2/3, 3/3]}
"""


def test_folds_are_a_grid(tmp_path: Path) -> None:
    sweep = load_sweep(write_sweep(tmp_path, FOLDS))
    splits = [sweep.experiment(trial).config.data.split for trial in sweep.trials]
    assert [split.fold_number for split in splits] == [(1, 3), (2, 3), (3, 3)]
    assert {split.test for split in splits} == {0.2}


def test_a_fold_that_is_none_is_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sweep.yaml:4:\d+: data.split.fold: expected a fold i/k") as caught:
        load_sweep(write_sweep(tmp_path, FOLDS.replace("3/3", "4/3")))
    assert len(caught.value.problems) == 1
