"""Trials are processes of their own: whatever happens in one is a result."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shapenet.errors import DivergedError, MachineError, RunInterruptedError
from shapenet.rundir.lock import RunLock
from shapenet.rundir.manifest import RunManifest, write_manifest
from shapenet.rundir.paths import RunDir
from shapenet.sweeps import trial
from shapenet.sweeps.executor import run_trial
from shapenet.sweeps.job import Job, Opened, TrialResult


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


def test_a_trial_begins_when_its_last_process_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunDir(tmp_path / "kept")
    run.root.mkdir()
    now = datetime(2026, 5, 4, tzinfo=UTC)
    fields = {"status": "running", "task": "classification", "seed": 0, "pid": 1, "host": "h"}
    manifest = RunManifest(name="kept", project="tests", started_at=now, **fields)
    write_manifest(run.run_json, manifest)
    waited = 0

    def pause(seconds: float) -> None:
        nonlocal waited
        waited += 1
        if waited == 50:
            write_manifest(run.run_json, manifest.model_copy(update={"status": "done", "epochs_done": 7}))
            lock.__exit__(None, None, None)

    monkeypatch.setattr(trial.time, "sleep", pause)
    with RunLock(run.lock) as lock:
        result = trial.train_trial(dataclasses.replace(job(tmp_path), run=run.root), ignore)
    assert waited == 50
    assert (result.status, result.epochs) == ("done", 7)
