"""SIGINT and SIGTERM: training ends at the next step boundary; a second signal ends the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Self

from shapenet.callbacks.base import Listener
from shapenet.errors import RunInterruptedError

_WATCHED = (signal.SIGINT, signal.SIGTERM)


class SignalWatch(Listener):
    """Turns signals into a `RunInterruptedError`: at once before ``fit``, at a step boundary in it."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._fitting = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Start watching; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in _WATCHED}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back to who had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
        if not self._fitting:
            self._raise()

    def _raise(self) -> None:
        raise RunInterruptedError(self.received or signal.SIGINT, f"{signal.Signals(self.received or 2).name} received")

    def _check(self) -> None:
        if self.received is not None:
            self._raise()

    def train_begin(self, model: Any) -> None:
        """From here on wait for step boundaries."""
        self._fitting = True

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """Raise if a signal came."""
        self._check()

    def validation_steps_end(self) -> None:
        """Raise if a signal came."""
        self._check()

    def train_end(self) -> None:
        """A signal that came during the last step stops nothing any more."""
        self._fitting = False
