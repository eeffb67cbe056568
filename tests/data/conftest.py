"""Small stores whose images are numbers, so that a test can tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.data.pack import open_packed
from shapenet.data.records import Arrays, UnreadableError
from shapenet.data.store import Store
from shapenet.errors import Place, Problem
from shapenet.fields import Field


class NumberRecords:
    """Gray 2 x 2 images, each of one value.

    Args:
        values: The value of each image, 0 to 255.
        labels: The label of each.
        classes: Class names.
        damaged: Positions that can't be read.
    """

    def __init__(
        self,
        values: Sequence[int],
        labels: Sequence[int] | None = None,
        classes: Sequence[str] = ("even", "odd"),
        damaged: Sequence[int] = (),
    ) -> None:
        self.values = np.array(values, np.uint8)
        self.labels = np.array([value % 2 for value in values] if labels is None else labels, np.int64)
        self.classes = tuple(classes)
        self.damaged = set(damaged)
        self.fields = {"image": Field("uint8", (2, 2, 1)), "label": Field("int64", ())}
        self.key = f"{hash((tuple(values), tuple(self.labels), self.classes)) & (2**64 - 1):064x}"[::-1]
        self.describe = "numbers"
        self.warnings: tuple[str, ...] = ()
        self.columns: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self.values)

    def read(self, start: int, stop: int) -> Arrays:
        found = {
            index: Problem("data/damaged", f"record {index} is damaged", Place("numbers", index))
            for index in range(start, stop)
            if index in self.damaged
        }
        if found:
            raise UnreadableError(found)
        images = np.broadcast_to(self.values[start:stop, None, None, None], (stop - start, 2, 2, 1)).copy()
        return {"image": images, "label": self.labels[start:stop]}

    def label_of(self) -> np.ndarray:
        return self.labels

    def name_of(self, index: int) -> str:
        return f"number {self.values[index]}"


class RampRecords(NumberRecords):
    """Images of any sizes, two channels of rising numbers each; labels are 0 and 1 in turn.

    Args:
        sizes: Height and width of each.
        damaged: Positions that can't be read.
    """

    def __init__(self, sizes: Sequence[tuple[int, int]], damaged: Sequence[int] = ()) -> None:
        super().__init__(range(len(sizes)), damaged=damaged)
        self.sizes = list(sizes)
        self.fields = {"image": Field("uint8", (None, None, 2)), "label": Field("int64", ())}
        self.key = f"{hash(tuple(self.sizes)) & (2**64 - 1):064x}"

    def image(self, index: int) -> np.ndarray:
        height, width = self.sizes[index]
        return np.arange(height * width * 2, dtype=np.uint8).reshape(height, width, 2)

    def read(self, start: int, stop: int) -> Arrays:
        labels = super().read(start, stop)["label"]
        return {"image": [self.image(index) for index in range(start, stop)], "label": labels}


@pytest.fixture
def pack(tmp_path: Path) -> Callable[[NumberRecords], Store]:
    """Pack records into a cache of the test's own."""
    return lambda records: open_packed(records, tmp_path / "cache")


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
