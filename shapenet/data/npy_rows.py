"""Rows of an array in a ``.npy`` file, written by plain writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_HEADER_START = 10
"""Bytes before the header of the format's version 1; the last two say how long it is."""


def write_rows(path: Path, start: int, rows: npt.NDArray[Any]) -> None:
    """Overwrite rows of an array, from row `start` on.

    Writing into a mapped array takes several times as long, and a disk that is full then kills the process.

    Args:
        path: The file, of the format's version 1.
        start: The first row.
        rows: Shape ``(rows, *shape)``, of the array's type.

    Raises:
        OSError: The disk is full, and the like.
    """
    with path.open("r+b") as file:
        header_bytes = _HEADER_START + int.from_bytes(os.pread(file.fileno(), 2, _HEADER_START - 2), "little")
        file.seek(header_bytes + start * rows[:1].nbytes)
        file.write(np.ascontiguousarray(rows).data)
