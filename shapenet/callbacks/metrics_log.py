"""``metrics.jsonl``: one line an epoch."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from shapenet.callbacks.base import Listener, Row
from shapenet.rundir.atomic import machine_errors


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
        with machine_errors(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def read_metrics(path: Path) -> list[dict[str, float | None]]:
    """The rows of a ``metrics.jsonl``; a last line that was cut short is left out."""
    rows: list[dict[str, float | None]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows
