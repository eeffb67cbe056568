"""Images and labels to write into files of all forms."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

IDX_CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


@pytest.fixture
def images() -> np.ndarray:
    """Eight RGB images of random values."""
    return np.random.default_rng(0).integers(0, 256, (8, 4, 5, 3), np.uint8)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write arrays into an npz, compressed or not."""

    def write(*, compressed: bool = False, **arrays: object) -> Path:
        path = tmp_path / "data.npz"
        (np.savez_compressed if compressed else np.savez)(path, **arrays)
        return path

    return write


@pytest.fixture
def save_idx(tmp_path: Path) -> Callable[..., Path]:
    """Write an array into an IDX file, packed if its name says so."""

    def write(name: str, values: np.ndarray) -> Path:
        code = IDX_CODES[values.dtype.name]
        header = struct.pack(f">BBBB{values.ndim}I", 0, 0, code, values.ndim, *values.shape)
        content = header + values.astype(values.dtype.newbyteorder(">")).tobytes()
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write
