"""The watch for signals: what came before ``fit`` is raised, at the latest when it begins."""

from __future__ import annotations

import os
import signal

import pytest

from shapenet.callbacks.signals import SignalWatch
from shapenet.errors import RunInterruptedError
from shapenet.interruption import signals_held


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_fit_a_signal_is_raised_at_once(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(RunInterruptedError, match=f"{number.name} received"), SignalWatch():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_ignored_stays_so(number: signal.Signals) -> None:
    """As a shell has it for what runs in the background: Ctrl-C is for what runs in front."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with SignalWatch() as signals:
            os.kill(os.getpid(), number)
            assert signals.received is None
        assert signal.getsignal(number) == signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_a_signal_that_could_not_be_raised_yet_is_raised_when_fit_begins() -> None:
    def begin() -> None:
        with SignalWatch() as signals, signals_held():
            os.kill(os.getpid(), signal.SIGINT)
            reached.append(True)
            signals.defer()

    reached: list[bool] = []
    with pytest.raises(RunInterruptedError, match="SIGINT received"):
        begin()
    assert reached


def test_in_fit_it_waits_for_a_step_boundary() -> None:
    with SignalWatch() as signals:
        signals.defer()
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(RunInterruptedError, match="SIGINT received"):
            signals.steps_end(1, 1, {})
