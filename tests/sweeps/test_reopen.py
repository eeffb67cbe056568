"""A sweep that was stopped goes on when it is run again, with the leaderboard of one that nobody disturbed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shapenet.errors import MachineError, RunError, RunInterruptedError
from shapenet.rundir.lock import RunLock
from shapenet.rundir.manifest import read_manifest
from shapenet.sweeps.config import load_sweep
from shapenet.sweeps.job import Job, Opened, TrialResult
from shapenet.sweeps.reopen import opened_study
from shapenet.sweeps.run import SweepReporter, run_sweep

BASE = """\
name: base
plugins: [halt.py]
data: {source: {shapes: {classes: [square, ring], num_images: 60, size: 8}}}
model: {layers: [Flatten, Dense: {units: 4}, Dropout: {rate: 0.3}]}
training: {epochs: 3, batch_size: 8, callbacks: [Halt]}
"""
SWEEP = """\
name: try
base: base.yaml
grid: {optimizer.SGD.learning_rate: [0.1, 0.01, 0.02]}
"""
HALT = """\
from pathlib import Path

from shapenet.registry import REGISTRIES


@REGISTRIES["callback"].register("Halt")
def halt():
    import keras

    class Halt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            pipe = Path(__file__).with_name("pipe")
            if epoch == 1 and pipe.exists():
                pipe.write_text("here")  # waits until somebody reads

    return Halt()
"""


class Scripted:
    """Gives prepared results in turn, each with a run directory, and remembers the jobs."""

    def __init__(self, folder: Path, *values: float | int) -> None:
        self._folder, self._values = folder, list(values)
        self.jobs: list[Job] = []

    def __call__(self, job: Job, opened: Opened) -> TrialResult:
        self.jobs.append(job)
        value = self._values.pop(0)
        run = job.run or self._folder / "runs" / "try" / str(value)
        run.mkdir(parents=True, exist_ok=True)
        (run / "config.resolved.yaml").write_text("")
        opened(run)
        if isinstance(value, int):
            return TrialResult("interrupted", 2.0, str(run), error="SIGINT received", signal=value)
        return TrialResult("done", 1.0, str(run), "val_loss", {"val_loss": value}, 3)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name, text in (("base.yaml", BASE), ("sweep.yaml", SWEEP)):
        (tmp_path / name).write_text(text.replace("plugins: [halt.py]\n", "").replace(", callbacks: [Halt]", ""))
    return tmp_path / "sweep.yaml"


def run_again(config: Path, scripted: Scripted, *overrides: str, new: bool = False) -> Path:
    sweep = load_sweep(config, overrides)
    with opened_study(sweep, config.parent / "sweeps", new=new) as study:
        run_sweep(sweep, study, config.parent / "runs", ("shapenet",), SweepReporter(), scripted)
    return study.folder


def interrupted(config: Path) -> Path:
    """A sweep whose second trial was interrupted."""
    with pytest.raises(RunInterruptedError) as caught:
        run_again(config, Scripted(config.parent, 0.5, 2))
    assert caught.value.problems[0].hint == "the same command goes on"
    return config.parent / "sweeps" / "try"


def leaderboard(folder: Path) -> list[dict[str, str]]:
    with (folder / "leaderboard.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k not in ("run", "seconds")} for row in csv.DictReader(file)]


def test_finished_trials_stay_and_the_interrupted_one_goes_on_in_its_run(config: Path) -> None:
    folder = interrupted(config)
    again = Scripted(config.parent, 0.4, 0.6)
    assert run_again(config, again) == folder
    assert [job.run and job.run.name for job in again.jobs] == ["2", None]
    assert [(row["trial"], row["val_loss"]) for row in leaderboard(folder)] == [
        ("2", "0.4"),
        ("1", "0.5"),
        ("3", "0.6"),
    ]
    seconds = {row["trial"]: row["seconds"] for row in csv.DictReader((folder / "leaderboard.csv").open())}
    assert seconds == {"1": "1.0", "2": "3.0", "3": "1.0"}
    whole = run_again(config, Scripted(config.parent, 0.5, 0.4, 0.6))
    assert whole.name == "try-2"  # the first is finished
    assert leaderboard(whole) == leaderboard(folder)


def test_what_a_killed_process_left_unfinished_goes(config: Path) -> None:
    left = interrupted(config) / ".tmp-leaderboard"
    left.write_text("rank,tri")
    run_again(config, Scripted(config.parent, 0.4, 0.6))
    assert not left.exists()


def test_a_run_directory_that_was_moved_is_found(config: Path) -> None:
    interrupted(config)
    (config.parent / "runs" / "try" / "2").rename(config.parent / "elsewhere")
    again = Scripted(config.parent, 0.4, 0.6)
    (config.parent / "runs2" / "try").mkdir(parents=True)
    (config.parent / "elsewhere").rename(config.parent / "runs2" / "try" / "2")
    sweep = load_sweep(config)
    with opened_study(sweep, config.parent / "sweeps") as study:
        run_sweep(sweep, study, config.parent / "runs2", (), SweepReporter(), again)
    assert again.jobs[0].run == config.parent / "runs2" / "try" / "2"


def test_a_line_that_was_cut_short_did_not_happen(config: Path) -> None:
    folder = interrupted(config)
    with (folder / "study.jsonl").open("a") as file:
        file.write('{"time": "2026-01-01", "event": "end", "tri')
    run_again(config, Scripted(config.parent, 0.4, 0.6))
    events = [json.loads(line) for line in (folder / "study.jsonl").read_text().splitlines()]
    assert [event["trial"] for event in events if event["event"] == "end"] == [1, 2, 2, 3]


@pytest.mark.parametrize("junk", ["junk", '{"event": "end", "trial": "x"}', '{"event": "run", "trial": 1}'])
def test_a_damaged_line_is_told(config: Path, junk: str) -> None:
    folder = interrupted(config)
    lines = (folder / "study.jsonl").read_text().splitlines()
    (folder / "study.jsonl").write_text("\n".join([lines[0], junk, *lines[1:]]) + "\n")
    with pytest.raises(RunError, match=r"study.jsonl:2: expected an event of the sweep, received b'") as caught:
        run_again(config, Scripted(config.parent))
    assert caught.value.exit_code == 4


def test_other_values_are_refused_with_their_fields(config: Path) -> None:
    folder = interrupted(config)
    before = (folder / "study.jsonl").read_bytes()
    (config.parent / "base.yaml").write_text(
        (config.parent / "base.yaml").read_text().replace("epochs: 3", "epochs: 4")
    )
    with pytest.raises(RunError) as caught:
        run_again(config, Scripted(config.parent), "grid={optimizer.SGD.learning_rate: [0.1, 0.01, 0.5]}")
    assert caught.value.exit_code == 4
    assert caught.value.problems[0].message == (
        "the sweep is not finished, and began with other values:\n"
        "  grid.optimizer.SGD.learning_rate: [0.1, 0.01, 0.02] -> [0.1, 0.01, 0.5]\n"
        "  training.epochs: 3 -> 4"
    )
    assert "--new" in str(caught.value.problems[0].hint)
    assert (folder / "study.jsonl").read_bytes() == before
    assert run_again(config, Scripted(config.parent, 0.1, 0.2, 0.3), new=True).name == "try-2"


def test_two_processes_do_not_share_a_sweep(config: Path) -> None:
    folder = interrupted(config)
    with (
        RunLock(folder / "study.lock"),
        pytest.raises(MachineError, match=f"process {os.getpid()} on .* works on this sweep") as caught,
    ):
        run_again(config, Scripted(config.parent))
    assert caught.value.exit_code == 5


def test_killed_before_the_first_trial(config: Path) -> None:
    (config.parent / "sweeps" / "try").mkdir(parents=True)
    assert run_again(config, Scripted(config.parent, 0.1, 0.2, 0.3)).name == "try"
    (config.parent / "sweeps" / "try-2").mkdir()
    (config.parent / "sweeps" / "try-2" / "notes.txt").touch()  # somebody's own
    assert run_again(config, Scripted(config.parent, 0.1, 0.2, 0.3)).name == "try-3"


def started(folder: Path) -> subprocess.Popen[Any]:
    command = [sys.executable, "-m", "shapenet", "sweep", "--config", "sweep.yaml"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def write(folder: Path) -> Path:
    folder.mkdir()
    for name, text in (("base.yaml", BASE), ("sweep.yaml", SWEEP.replace(", 0.02", "")), ("halt.py", HALT)):
        (folder / name).write_text(text)
    return folder


def test_a_real_sweep_that_is_killed_goes_on(tmp_path: Path) -> None:
    whole = started(write(tmp_path / "whole"))
    killed = write(tmp_path / "killed")
    os.mkfifo(killed / "pipe")
    first = started(killed)
    (killed / "pipe").read_text()
    (killed / "pipe").read_text()  # the second trial is in its second epoch
    (killed / "pipe").unlink()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    again = started(killed)
    shown, errors = again.communicate()
    assert again.returncode == 0, errors
    assert "goes on in sweeps/try: 1 of 2 trials have ended" in shown
    assert whole.communicate()[1] == ""
    assert leaderboard(killed / "sweeps" / "try") == leaderboard(tmp_path / "whole" / "sweeps" / "try")
    runs = sorted(path for path in (killed / "runs" / "try").iterdir())
    manifests = [read_manifest(run / "run.json") for run in runs]
    assert [(one.name, one.status, one.epochs_done, len(one.resumed)) for one in manifests] == [
        ("base-t001", "done", 3, 0),
        ("base-t002", "done", 3, 1),
    ]
