"""``metrics.jsonl``: one line an epoch."""

from __future__ import annotations

import json
import math
from pathlib import Path

from shapenet.callbacks.base import Listener, Row
from shapenet.rundir.atomic import append_line, write_atomic


class MetricsLog(Listener):
    """Appends each epoch's row; numbers that are not finite become null.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def epoch_end(self, row: Row) -> None:
        """Append a line and see it onto the disk."""
        line = json.dumps({name: value if math.isfinite(value) else None for name, value in row.items()})
        append_line(self._path, line)


def cut_metrics(path: Path, epochs: int) -> None:
    """Cut ``metrics.jsonl`` back to its first epochs: later ones, and a line that was cut short, go.

    Args:
        path: The file; it need not exist.
        epochs: How many epochs stay.

    Raises:
        MachineError: The disk refuses.
    """
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    whole = [line for line in lines if 0 < _epoch_of(line) <= epochs]
    write_atomic(path, "".join(f"{line}\n" for line in whole))


def _epoch_of(line: str) -> int:
    """The epoch of a line; 0 for what is no row."""
    try:
        return int(json.loads(line)["epoch"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
