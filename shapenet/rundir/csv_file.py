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
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_atomic(path, text.getvalue().encode(errors="surrogateescape"))
