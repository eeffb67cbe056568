"""Runs one trial in a process of its own: whatever happens there, the sweep goes on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shapenet.config.nodes import Entry
from shapenet.errors import DivergedError, RunInterruptedError, ShapenetError
from shapenet.rundir.manifest import Status


@dataclass(frozen=True)
class Job:
    """What a trial's process needs to know.

    Attributes:
        base: The experiment's file.
        overrides: Changes to it as texts.
        assignments: Changes to it as dotted keys and values.
        runs_dir: Folder of all runs.
        command: The command line of the sweep.
    """

    base: Path
    overrides: tuple[str, ...]
    assignments: tuple[tuple[str, Entry], ...]
    runs_dir: Path
    command: tuple[str, ...]


@dataclass(frozen=True)
class TrialResult:
    """How a trial went.

    Attributes:
        status: As in the run's manifest.
        seconds: How long it took, start of the process included.
        run: The run directory; None if there is none.
        monitor: What the run monitored.
        metrics: Metrics of the best epoch.
        epochs: Number of complete epochs.
        error: What went wrong.
        rising: Names of the metrics that grow as the model improves; None if the run does not say.
    """

    status: Status
    seconds: float = 0.0
    run: str | None = None
    monitor: str | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    epochs: int | None = None
    error: str | None = None
    rising: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as JSON holds it."""
        return asdict(self)


Work = Callable[[Job], TrialResult]
"""What is done in the process; must be importable there."""


def run_trial(job: Job, work: Work | None = None) -> TrialResult:
    """Do a trial in a new process and wait for it.

    An interruption goes on to the process, which saves its state; a second one ends it at once.

    Args:
        job: The trial.
        work: What to do; training unless given.
    """
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work_in_process, args=(job, work or train_trial, sender))
    with _interrupts_blocked():  # the process inherits this, so that Ctrl-C does not kill it while it starts
        process.start()
    sender.close()
    result = _wait(process, receiver)
    seconds = round(time.perf_counter() - start, 3)
    return TrialResult(**{**result.to_json(), "seconds": seconds})


def _wait(process: Any, receiver: Connection) -> TrialResult:
    while True:
        try:
            try:
                result = receiver.recv()
            except EOFError:
                result = None
            process.join()
            break
        except KeyboardInterrupt:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGINT)
        except BaseException:  # SIGTERM, say: the trial saves its state and ends too
            process.terminate()
            process.join()
            raise
    if isinstance(result, TrialResult):
        return result
    code = process.exitcode
    ended = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    status: Status = "interrupted" if code == 128 + signal.SIGINT else "failed"
    return TrialResult(status, error=f"the trial's process was ended {ended}")


@contextmanager
def _interrupts_blocked() -> Any:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work_in_process(job: Job, work: Work, sender: Connection) -> None:
    """Runs in the new process: send what `work` returns, or what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()  # Ctrl-C reaches the sweep alone, which passes it on once
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = work(job)
    except KeyboardInterrupt:
        result = TrialResult("interrupted", error="SIGINT received")
    except ShapenetError as error:
        result = TrialResult(_status(error), error=str(error))
    except Exception as error:
        result = TrialResult("failed", error=f"{type(error).__name__}: {error}")
    sender.send(result)
    sender.close()


def _status(error: ShapenetError) -> Status:
    if isinstance(error, RunInterruptedError):
        return "interrupted"
    return "diverged" if isinstance(error, DivergedError) else "failed"


def train_trial(job: Job) -> TrialResult:
    """Train the trial's experiment into an ordinary run directory."""
    from shapenet.experiment import load_experiment
    from shapenet.training.fit import train
    from shapenet.training.reporter import Reporter

    experiment = load_experiment(job.base, job.overrides, job.assignments)
    result = train(experiment, job.runs_dir, job.command, Reporter())
    best = result.manifest.best
    return TrialResult(
        "done",
        run=str(result.run.root),
        monitor=best.monitor if best else None,
        metrics=best.metrics if best else {},
        rising=best.rising if best else None,
        epochs=result.manifest.epochs_done,
    )
