"""``metrics.jsonl``: one line an epoch."""

from __future__ import annotations

import json
import math
from pathlib import Path

from shapenet.callbacks.base import Listener, Row
from shapenet.rundir.atomic import append_line


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
