"""Tables as CSV files, replaced in one step."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapenet.rundir.atomic import write_atomic


def write_csv(path: Path, rows: Iterable[Iterable[Any]]) -> None:
    """Write a table.

    Args:
        path: The file, replaced in one step.
        rows: The headings, then the rows. File names that are not UTF-8 are written as the bytes that they are.

    Raises:
        MachineError: The file can't be written.
    """
    write_atomic(path, csv_text(rows).encode(errors="surrogateescape"))


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """A table as the text of a CSV file; see `write_csv`."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
