"""Fields whose shape varies from record to record: all values in one flat array, and where each of them stands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.npy_rows import write_rows
from shapenet.fields import Field


class Ragged:
    """The values of a ragged field, mapped from disk.

    Args:
        folder: The store's folder.
        name: The field's name.
        field: Its type and shape.

    Attributes:
        shapes: Shape of every record's value, int32 ``(records, dimensions)``.

    Raises:
        ValueError: The files don't fit the field or each other.
    """

    def __init__(self, folder: Path, name: str, field: Field) -> None:
        self._values = np.load(_values_path(folder, name), mmap_mode="r")
        self.shapes: npt.NDArray[np.int32] = np.load(shapes_path(folder, name), mmap_mode="r")
        self._ends: npt.NDArray[np.int64] = np.load(_ends_path(folder, name), mmap_mode="r")
        self.dtype = self._values.dtype
        fits = self._values.dtype == np.dtype(field.dtype) and self.shapes.shape[1:] == (len(field.shape),)
        last = int(self._ends[-1]) if len(self._ends) else 0
        if not fits or len(self._ends) != len(self.shapes) or len(self._values) != last:
            raise ValueError(
                f"field {name} is {self.dtype}, {len(self._values):,} values of {self.shapes.shape} shapes"
            )

    def __len__(self) -> int:
        """Number of records."""
        return len(self.shapes)

    def __getitem__(self, index: int) -> npt.NDArray[Any]:
        """The value of record `index`, in its own shape, read-only."""
        shape = tuple(int(side) for side in self.shapes[index])
        end = int(self._ends[index])
        value: npt.NDArray[Any] = self._values[end - int(np.prod(shape)) : end].reshape(shape)
        return value


def create(folder: Path, name: str, field: Field, num_records: int) -> None:
    """Make the file of a ragged field's shapes; a shape that is never written is of zeros."""
    shape = (num_records, len(field.shape))
    np.lib.format.open_memmap(shapes_path(folder, name), mode="w+", dtype=np.int32, shape=shape)


def write_part(folder: Path, name: str, positions: range, values: Sequence[npt.NDArray[Any]]) -> None:
    """Write the values of some records into a file of their own, and their shapes where they belong.

    Args:
        folder: The store's folder.
        name: The field's name.
        positions: Where the records stand.
        values: Their values.

    Raises:
        OSError: The disk is full, and the like.
    """
    shapes = np.array([value.shape for value in values], np.int32)
    write_rows(shapes_path(folder, name), positions.start, shapes)
    with _part_path(folder, name, positions.start).open("wb") as file:
        for value in values:
            file.write(np.ascontiguousarray(value).data)


def join_parts(folder: Path, name: str, field: Field, starts: Iterable[int]) -> None:
    """Make one flat array of what `write_part` wrote, in the order of `starts`, and note where each value ends.

    Raises:
        OSError: The disk is full, and the like.
    """
    shapes = np.load(shapes_path(folder, name), mmap_mode="r")
    ends = np.cumsum(np.prod(shapes, axis=1, dtype=np.int64))
    np.save(_ends_path(folder, name), ends)
    path = _values_path(folder, name)
    total = int(ends[-1]) if len(ends) else 0
    with path.open("wb") as file:
        header = {"descr": np.dtype(field.dtype).str, "fortran_order": False, "shape": (total,)}
        np.lib.format.write_array_header_1_0(file, header)
        for start in starts:
            part = _part_path(folder, name, start)
            if part.exists():
                with part.open("rb") as values:
                    shutil.copyfileobj(values, file, 1 << 20)
                os.unlink(part)  # noqa: PTH108 -- the disk need not hold all of it twice


def shapes_path(folder: Path, name: str) -> Path:
    """The file of a ragged field's shapes."""
    return folder / f"{name}.shapes.npy"


def _values_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def _ends_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.ends.npy"


def _part_path(folder: Path, name: str, start: int) -> Path:
    return folder / f"{name}.{start}.part"
