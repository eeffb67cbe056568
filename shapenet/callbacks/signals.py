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
from shapenet.interruption import Interruption, heeded

_WATCHED = (signal.SIGINT, signal.SIGTERM)


class _Interrupt(KeyboardInterrupt):
    """Passes through code that catches every `Exception`, such as TensorFlow's."""


class SignalWatch(Listener):
    """Turns signals into a `RunInterruptedError`: at once before ``fit``, at a step boundary in it.

    A signal that the process was started to ignore, as a shell has it for what runs in the background, stays ignored.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._deferred = self._is_watching = False
        self._before: dict[int, Any] = {}
        self._interruption = Interruption()

    def __enter__(self) -> Self:
        """Start watching; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            self._interruption.__enter__()
            self._is_watching = True
            self._before = {number: signal.signal(number, self._handle) for number in heeded(*_WATCHED)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back to who had them.

        Raises:
            RunInterruptedError: A signal ended the block.
        """
        for number, handler in self._before.items():
            signal.signal(number, handler)
        try:
            if self._is_watching:
                self._interruption.__exit__(kind, error, trace)
            if isinstance(error, _Interrupt):
                raise error
        except _Interrupt:
            raise self._error() from None

    def defer(self) -> None:
        """From here on wait for step boundaries.

        Raises:
            RunInterruptedError: A signal came before.
        """
        self._deferred = True
        self._interruption.drop()
        self._raise_if_received()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
        if not self._deferred:
            self._interruption.ask(_Interrupt(), frame)

    def _error(self) -> RunInterruptedError:
        number = self.received or signal.SIGINT
        return RunInterruptedError(number, f"{signal.Signals(number).name} received")

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """Raise if a signal came.

        Raises:
            RunInterruptedError: It did.
        """
        self._raise_if_received()

    def validation_steps_end(self) -> None:
        """Raise if a signal came.

        Raises:
            RunInterruptedError: It did.
        """
        self._raise_if_received()

    def _raise_if_received(self) -> None:
        if self.received is not None:
            raise self._error()
