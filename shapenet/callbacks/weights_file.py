"""Writes a model's weights."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any


class _Memory(io.BytesIO):
    """Bytes in memory that Keras takes for a file of weights: it looks at how the name ends."""

    def __str__(self) -> str:
        return "model.weights.h5"


def save_weights(model: Any, path: Path) -> None:
    """Write the weights of a Keras model by h5py.

    The file is made in memory first: where the disk refuses while HDF5 writes to it, HDF5 may crash,
    keep the file open or say nothing.

    Args:
        model: The model.
        path: The file, ``*.weights.h5``.

    Raises:
        OSError: The disk is full, the folder is read-only, and the like.
    """
    memory = _Memory()
    model.save_weights(memory)
    path.write_bytes(memory.getbuffer())
