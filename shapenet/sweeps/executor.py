"""Runs one trial in a process of its own: whatever happens there, the sweep goes on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from shapenet.errors import DivergedError, RunInterruptedError, ShapenetError
from shapenet.interruption import Interruption, heeded, signals_held
from shapenet.rundir.status import Status
from shapenet.sweeps.job import Job, Opened, TrialResult, Work
from shapenet.sweeps.trial import train_trial

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_trial(job: Job, opened: Opened, work: Work | None = None) -> TrialResult:
    """Do a trial in a new process and wait for it.

    An interruption goes on to the process, which saves its state; a second one ends it at once.
    If this process dies, that one saves its state too.

    Args:
        job: The trial.
        opened: Is given the run directory as soon as there is one.
        work: What to do; training unless given.
    """
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work_in_process, args=(job, work or train_trial, sender))
    with _started(process) as received:
        sender.close()
        try:
            run, result = _received(receiver, opened)
        except BaseException:
            process.terminate()  # it saves its state
            raise
        finally:
            process.join()
    if result is None:
        result = _ended_unheard(process.exitcode or 0, received)
    if result.run is None and run is not None and run.exists():  # one that failed early removes its directory
        result = replace(result, run=str(run))
    if result.signal is None and received:  # it came too late to interrupt the trial, but the sweep ends
        result = replace(result, signal=received[0])
    return replace(result, seconds=round(time.perf_counter() - start, 3))


def _received(receiver: Connection, opened: Opened) -> tuple[Path | None, TrialResult | None]:
    """The run directory and the result, as far as the process has sent them before its end."""
    run: Path | None = None
    while True:
        try:
            message = receiver.recv()
        except EOFError:
            return run, None
        if isinstance(message, TrialResult):
            return run, message
        run = message
        opened(message)


def _ended_unheard(code: int, received: list[int]) -> TrialResult:
    """The result of a process that sent none."""
    ended = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    error = f"the trial's process was ended {ended}"
    if received:
        return TrialResult("interrupted", error=error)
    return TrialResult("failed", error=error)


@contextmanager
def _started(process: Any) -> Iterator[list[int]]:
    """Start `process`, and pass SIGINT and SIGTERM on to it while the block lasts, unless they are ignored.

    Only the main thread can.

    Yields:
        The numbers of the signals, as they arrive.
    """
    received: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        received.append(number)
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)

    is_main = threading.current_thread() is threading.main_thread()
    with signals_held(*_SIGNALS):  # the process inherits this, so that a signal does not kill it while it starts
        before = {number: signal.signal(number, pass_on) for number in heeded(*_SIGNALS)} if is_main else {}
        process.start()
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _work_in_process(job: Job, work: Work, sender: Connection) -> None:
    """Runs in the new process: send the run directory, and what `work` returns or what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()  # Ctrl-C reaches the sweep alone, which passes it on once
    try:
        with Interruption() as interruption:
            for number in _SIGNALS:
                signal.signal(number, partial(_interrupt, interruption))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            threading.Thread(target=_end_with_the_sweep, daemon=True).start()
            result = work(job, sender.send)
    except _InterruptedEarly as error:
        result = TrialResult("interrupted", error=f"{signal.Signals(error.number).name} received", signal=error.number)
    except RunInterruptedError as error:
        result = TrialResult("interrupted", error=str(error), signal=error.exit_code - 128)
    except ShapenetError as error:
        status: Status = "diverged" if isinstance(error, DivergedError) else "failed"
        result = TrialResult(status, error=str(error))
    except Exception as error:
        result = TrialResult("failed", error=f"{type(error).__name__}: {error}")
    with suppress(OSError):  # the sweep is gone; the run says how it went
        sender.send(result)
        sender.close()


def _end_with_the_sweep() -> None:
    """Interrupt the trial if the sweep's process dies: whoever runs the sweep again goes on in its run."""
    sweep = multiprocessing.parent_process()
    if sweep is not None:
        sweep.join()
        os.kill(os.getpid(), signal.SIGTERM)


class _InterruptedEarly(BaseException):
    """A signal came while training did not watch for it: before it began, or after its end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _interrupt(interruption: Interruption, number: int, frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    interruption.ask(_InterruptedEarly(number), frame)
