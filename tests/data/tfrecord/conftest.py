"""Small records to write, and shards to damage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.data.records import Arrays, Field
from shapenet.data.tfrecord.example import example_bytes
from shapenet.data.tfrecord.framing import frame_bytes


class ArrayRecords:
    """Records of arrays in memory.

    Args:
        classes: Class names.
        **arrays: Values of every field, ``label`` among them; lists where a field is ragged.
    """

    def __init__(self, classes: tuple[str, ...] = ("cat", "dog"), **arrays: Any) -> None:
        self.arrays = arrays
        self.classes = classes
        self.fields = {name: _field(values) for name, values in arrays.items()}
        self.key = "arrays"
        self.describe = "arrays"
        self.warnings: tuple[str, ...] = ()
        self.columns: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self.arrays["label"])

    def read(self, start: int, stop: int) -> Arrays:
        return {name: values[start:stop] for name, values in self.arrays.items()}

    def label_of(self) -> np.ndarray:
        return self.arrays["label"]

    def name_of(self, index: int) -> str:
        return f"record {index}"


def _field(values: Any) -> Field:
    if isinstance(values, np.ndarray):
        return Field(values.dtype.name, values.shape[1:])
    return Field(values[0].dtype.name, (None, None, values[0].shape[2]))


@pytest.fixture
def make() -> Callable[..., ArrayRecords]:
    """Make records of arrays; images of random values and alternating labels if none are given."""

    def records(num: int = 10, dtype: str = "uint8", shape: tuple[int, ...] = (4, 5, 3), **arrays: Any) -> ArrayRecords:
        top = 256 if dtype == "uint8" else 60_000
        images = np.random.default_rng(1).integers(0, top, (num, *shape)).astype(dtype)
        return ArrayRecords(**{"image": images, "label": np.arange(num) % 2, **arrays})

    return records


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write examples, given as features, into one shard."""

    def shard(*examples: Mapping[str, Any], name: str = "data.tfrecord") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(frame_bytes(example_bytes(features)) for features in examples))
        return path

    return shard
