"""Raises from a signal handler in the main thread, but only where the exception can't get lost."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, ClassVar, Self

_PAUSE = 0.01
_MACHINERY = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")


class Interruption:
    """An exception that a signal handler asks for, raised at once or as soon as that is safe.

    Two places swallow what a signal handler raises. Importing has callbacks that free its locks:
    an exception in one of them is dropped, and the lock is held for good, so that every other
    thread that imports waits for ever. So nothing is raised while an import goes on in the main
    thread; a timer looks again soon. And what is raised while Python frees an object is only
    reported: then it is raised once more.

    Enter it in the main thread, around all that may be interrupted.
    """

    num_holds: ClassVar[int] = 0
    """How many blocks hold interruptions at present."""

    def __init__(self) -> None:
        self._error: BaseException | None = None
        self._waiting = False
        self._alarm_before: Any = signal.SIG_DFL
        self._hook_before: Any = sys.unraisablehook

    def __enter__(self) -> Self:
        """Take the timer's signal and the report of lost exceptions."""
        self._alarm_before = signal.signal(signal.SIGALRM, self._again)
        self._hook_before, sys.unraisablehook = sys.unraisablehook, self._lost
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back; what waits to be raised is dropped.

        Raises:
            BaseException: What was asked for, where an error came of it: compiled code can't
                pass on every exception.
        """
        self.drop()
        sys.unraisablehook = self._hook_before
        signal.signal(signal.SIGALRM, self._alarm_before)
        if self._error is not None and isinstance(error, Exception):
            raise self._error from error

    def ask(self, error: BaseException, frame: FrameType | None) -> None:
        """Raise `error` as soon as it is safe; to be called by a signal handler.

        Args:
            error: What to raise.
            frame: What the signal interrupted.
        """
        self._error = error
        if self.num_holds or is_importing(frame):
            self._wait()
        else:
            self._waiting = False
            raise error

    def drop(self) -> None:
        """Do not raise what waits to be raised."""
        if self._waiting:
            self._waiting = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _wait(self) -> None:
        self._waiting = True
        signal.setitimer(signal.ITIMER_REAL, _PAUSE)

    def _again(self, number: int, frame: FrameType | None) -> None:
        if self._waiting and self._error is not None:
            self.ask(self._error, frame)
        elif callable(self._alarm_before):  # the timer may be that of an interruption around this one
            self._alarm_before(number, frame)

    def _lost(self, report: sys.UnraisableHookArgs) -> None:
        if report.exc_value is not None and report.exc_value is self._error:
            self._wait()
        else:
            self._hook_before(report)


def is_importing(frame: FrameType | None) -> bool:
    """Whether `frame` or one of its callers belongs to Python's import machinery."""
    while frame is not None:
        if frame.f_code.co_filename in _MACHINERY:
            return True
        frame = frame.f_back
    return False


def heeded(*numbers: int) -> list[int]:
    """Those of some signals that the process does not ignore."""
    return [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]


@contextmanager
def signals_held(*numbers: int) -> Iterator[None]:
    """Put signals off until the end of the block, and for good in processes started meanwhile.

    The system may hand a signal to another thread, which makes the main thread handle it all the
    same: so every `Interruption` waits too.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    Interruption.num_holds += 1
    try:
        yield
    finally:
        Interruption.num_holds -= 1
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
