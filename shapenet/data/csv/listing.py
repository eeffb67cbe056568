"""One error for many faulty rows: their number, and the first ten with their lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shapenet.errors import DataError, Place, Problem

MAX_LISTED = 10
"""So many faulty rows are named in a message."""

_MAX_SHOWN = 200


def shown(text: str) -> str:
    """`text` for a message: escaped if it holds control characters, cut if very long."""
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}... ({len(text):,} characters)"


def listing(faults: Sequence[tuple[int, str]]) -> str:
    """The first ten of `faults`, each a line number and what stands there, one a line."""
    rows = [f"\n  line {line}: {text}" for line, text in faults[:MAX_LISTED]]
    more = len(faults) - MAX_LISTED
    return "".join(rows) + (f"\n  and {more:,} more" if more > 0 else "")


def rows_problem(
    code: str, message: str, faults: Sequence[tuple[int, str]], *, csv_path: Path, hint: str | None = None
) -> Problem:
    """What is wrong with several rows.

    Args:
        code: As in `Problem`.
        message: What is wrong with all of them, with their number.
        faults: Line, from 1, and description of each; at least one.
        csv_path: The CSV that they stand in.
        hint: How to put it right.
    """
    return Problem(code, message + listing(faults), Place(str(csv_path), faults[0][0]), hint=hint)


def rows_error(
    code: str, message: str, faults: Sequence[tuple[int, str]], *, csv_path: Path, hint: str | None = None
) -> DataError:
    """The error with just the problem that `rows_problem` makes of the same arguments."""
    return DataError([rows_problem(code, message, faults, csv_path=csv_path, hint=hint)])
