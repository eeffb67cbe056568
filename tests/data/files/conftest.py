"""A folder with a few small images and a function that writes and opens a CSV beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.data.csv.source import csv
from shapenet.data.files.records import FileRecords

NAMES = ("a.png", "b.png", "c.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the gray 5 x 4 images a.png, b.png and c.png of the values 1, 2 and 3."""
    path = tmp_path / "data"
    path.mkdir()
    for value, name in enumerate(NAMES, start=1):
        Image.fromarray(np.full((4, 5), value, np.uint8)).save(path / name)
    return path


@pytest.fixture
def load(folder: Path) -> Callable[..., FileRecords]:
    """Write text or bytes to info.csv in the folder and open it as a source."""

    def write_and_open(content: str | bytes, **arguments: object) -> FileRecords:
        path = folder / "info.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return csv(path=path, **arguments)

    return write_and_open
