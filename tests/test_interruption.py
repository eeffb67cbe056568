"""Interruptions: raised where they can't get lost, put off where they can, raised again where they were."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import pytest

from shapenet.interruption import Interruption, is_importing, signals_held


class Stop(BaseException):
    """What the tests raise."""


def importing(call: Callable[[], object]) -> object:
    """What `call` gives, called from a frame of the import machinery."""
    code = compile("result = call()", "<frozen importlib._bootstrap>", "exec")
    names: dict[str, object] = {"call": call}
    exec(code, names)  # noqa: S102 -- a frame of that name can't be had otherwise
    return names["result"]


def test_an_import_among_the_callers_is_found():
    assert is_importing(importing(sys._getframe))
    assert is_importing(importing(lambda: sys._getframe()))  # noqa: PLW0108 -- a frame of its own below
    assert not is_importing(sys._getframe())
    assert not is_importing(None)


@pytest.fixture
def interruption():
    with Interruption() as interruption:
        before = signal.signal(signal.SIGUSR1, lambda number, frame: interruption.ask(Stop(), frame))
        yield interruption
        signal.signal(signal.SIGUSR1, before)


def test_outside_of_imports_it_is_raised_at_once(interruption):
    with pytest.raises(Stop):
        os.kill(os.getpid(), signal.SIGUSR1)


def test_in_an_import_it_is_raised_after_it(interruption):
    ended = []

    def body():
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.pause()  # until the timer has looked
        ended.append(True)

    def whole():
        importing(body)
        signal.pause()

    with pytest.raises(Stop):
        whole()
    assert ended


def test_what_is_lost_while_an_object_is_freed_is_raised_again(interruption):
    class Freed:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGUSR1)

    def whole():
        thing = Freed()
        del thing
        gc.collect()
        signal.pause()

    with pytest.raises(Stop):
        whole()


def test_what_others_lose_is_reported_as_before(interruption, monkeypatch):
    class Freed:
        def __del__(self) -> None:
            raise ValueError

    reports = []
    monkeypatch.setattr(interruption, "_hook_before", lambda report: reports.append(report.exc_type))
    thing = Freed()
    del thing
    assert reports == [ValueError]


def test_what_was_dropped_is_not_raised(interruption):
    importing(lambda: os.kill(os.getpid(), signal.SIGUSR1))
    interruption.drop()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_interruption_within_another_lets_its_timer_through():
    with Interruption() as outer:
        frame = importing(sys._getframe)
        assert isinstance(frame, FrameType)
        outer.ask(Stop(), frame)

        def within():
            with Interruption():
                signal.pause()

        with pytest.raises(Stop):
            within()


def test_held_signals_come_at_the_end_of_the_block(interruption):
    reached = []

    def whole():
        with signals_held(signal.SIGUSR1):
            os.kill(os.getpid(), signal.SIGUSR1)
            reached.append(True)
        end = time.monotonic() + 5
        while time.monotonic() < end:  # where another thread took the signal, a timer raises it here
            pass

    with pytest.raises(Stop):
        whole()
    assert reached == [True]


def test_an_error_that_came_of_it_is_not_what_is_told():
    def whole():
        with Interruption() as interruption:
            try:
                interruption.ask(Stop(), None)
            except Stop:
                raise ValueError("what compiled code makes of it") from None

    with pytest.raises(Stop):
        whole()


def test_a_signal_that_another_thread_took_comes_at_the_end_of_the_block_too(interruption):
    reached = []

    def whole():
        with signals_held():
            os.kill(os.getpid(), signal.SIGUSR1)
            signal.pause()  # until the timer has looked
            reached.append(True)
        signal.pause()

    with pytest.raises(Stop):
        whole()
    assert reached
