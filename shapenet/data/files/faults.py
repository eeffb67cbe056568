"""One error for many faulty items of a list: their number, and the first ten with their lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shapenet.errors import DataError, Place, Problem

MAX_LISTED = 10
"""So many faulty items are named in a message."""

_MAX_SHOWN = 200

Fault = tuple[int | None, str]
"""Line, from 1, of a faulty item, or None where there are no lines; and what stands there."""


def shown(text: str) -> str:
    """`text` for a message: escaped if it holds control characters, cut if very long."""
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}... ({len(text):,} characters)"


def listing(faults: Sequence[Fault]) -> str:
    """The first ten of `faults`, one a line."""
    rows = [f"\n  {text}" if line is None else f"\n  line {line}: {text}" for line, text in faults[:MAX_LISTED]]
    more = len(faults) - MAX_LISTED
    return "".join(rows) + (f"\n  and {more:,} more" if more > 0 else "")


def items_problem(code: str, message: str, faults: Sequence[Fault], *, path: Path, hint: str | None = None) -> Problem:
    """What is wrong with several items.

    Args:
        code: As in `Problem`.
        message: What is wrong with all of them, with their number.
        faults: The faulty items; at least one.
        path: The file or folder that lists them.
        hint: How to put it right.
    """
    return Problem(code, message + listing(faults), Place(str(path), faults[0][0]), hint=hint)


def items_error(code: str, message: str, faults: Sequence[Fault], *, path: Path, hint: str | None = None) -> DataError:
    """The error with just the problem that `items_problem` makes of the same arguments."""
    return DataError([items_problem(code, message, faults, path=path, hint=hint)])
