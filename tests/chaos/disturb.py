"""Draws what comes upon a run, and judges how the run took it."""

from __future__ import annotations

import random
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.chaos.compare import run_below
from tests.chaos.fork_server import ANY, KILL, Disturbance, Ended

PLACES = {
    "save": "/checkpoints/", "place": "/checkpoints/epoch-", "link": "/checkpoints/last", "record": "/run.json",
    "metrics": "/metrics.jsonl", "pack": "/cache/", "call": "",
}  # fmt: skip
"""Of kills in a call, by mode: what the path holds on which it is."""
MODES = {
    "time": 0.25, "save": 0.25, "place": 0.05, "link": 0.05, "record": 0.05, "metrics": 0.05, "pack": 0.05, "call": 0.1,
    "signal": 0.1, "two signals": 0.05,
}  # fmt: skip
"""Kinds of disturbance, with how often each is chosen: a kill at a moment, or in a call on a file; signals."""
KILLS = ("time", *PLACES)
SAVES = ("save", "place", "link")


class Undisturbed(NamedTuple):
    """A run that nobody disturbed.

    Attributes:
        run: Its folder.
        seconds: How long it took.
        calls: Numbers of `KINDS` of the calls on files that it made, in their order, by what their paths hold.
    """

    run: Path
    seconds: float
    calls: dict[str, list[int]]


def drawn(
    rng: random.Random, undisturbed: Undisturbed, modes: Sequence[str], *, is_first: bool
) -> tuple[str, Disturbance]:
    """Draw what comes upon a run, at its first beginning or a later one: a mode of MODES, and what it is."""
    mode = rng.choices(list(modes), [MODES[mode] for mode in modes])[0]
    at, by = rng.uniform(0.25, 1.0) * undisturbed.seconds, rng.choice((signal.SIGTERM, signal.SIGINT))
    if mode == "time":
        return mode, Disturbance(signals=((at, signal.SIGKILL),))
    if mode == "signal":
        return mode, Disturbance(signals=((at, by),))
    if mode == "two signals":
        return mode, Disturbance(signals=((at, by), (at + rng.uniform(0, 0.1), by)))
    within = PLACES[mode]
    calls = undisturbed.calls[within]
    kind = rng.choice((ANY, *sorted(set(calls))))  # most calls are writes, and most dangers at others
    number = len(calls) if kind == ANY else calls.count(kind)
    part = rng.uniform(0, 1) ** (1.0 if is_first else 2.0)  # a run that goes on makes fewer calls
    return mode, Disturbance((kind, int(number * part), KILL), within)


def fault_of(mode: str, by: Disturbance, ended: Ended, root: Path) -> str | None:
    """What is wrong with how a run took a disturbance."""
    if ended.fault:
        return f"it ended with {ended.exit_code}{ended.fault}"
    if re.search(r"can't be used|has no weights of its best|is whole", ended.error):
        return "no checkpoint was damaged, and yet one can't be used"
    if ended.exit_code == 0:
        return None
    number = signal.SIGKILL if mode in KILLS else by.signals[0][1] if by.signals else 0
    in_order = mode == "signal" and any(root.glob("runs/*/*/run.json"))  # a second signal may end it at once
    expected = (-number,) if mode in KILLS else (128 + number,) if in_order else (128 + number, -number)
    if not number or ended.exit_code not in expected:
        return f"it ended with {ended.exit_code} after {mode or 'nothing'}"
    return _unsaved(" ".join(ended.error.split()), root)


def _unsaved(error: str, root: Path) -> str | None:
    """What a run said to have saved before it ended by a signal, and has not."""
    told = re.search(r"stopped (?:in|after) epoch (\d+)(?: after step ([\d,]+))?", error)
    if not told:
        return None
    expected = f"epoch-{int(told[1]):04d}" + (f"-step-{int(told[2].replace(',', '')):06d}" if told[2] else "")
    last = (run_below(root) / "checkpoints/last").readlink().name
    return None if last == expected else f"it said that {told[0]} is saved, and {last} is"
