"""The packed store: every field of every record in one memory-mapped array."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from shapenet.data import ragged
from shapenet.data.npy_rows import write_rows
from shapenet.data.ragged import Ragged
from shapenet.errors import DataError, Place
from shapenet.fields import Field
from shapenet.rundir.atomic import machine_errors

CONTENT = "content"
"""Name of the field that holds 128 bits of a digest of each record's image."""
CONTENT_FIELD = Field("uint64", (2,))
FORMAT = 3
"""Goes up whenever stores are laid out anew; part of their folders' names."""
_META = "store.json"


@dataclass(frozen=True)
class StoreMeta:
    """What stands in ``store.json``.

    Attributes:
        num_records: Number of records.
        fields: Every field by name, the content digest among them.
        classes: Class names in label order.
        fingerprint: Digest of all images, labels and class names.
        described: What the packed source called itself.
        bad: Why records could not be read, by position; they are part of no split.
        notes: What was found while reading that the user should know, each with the
            number of records that it is true of.
    """

    num_records: int
    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    fingerprint: str
    described: str
    bad: Mapping[int, str] = dataclasses.field(default_factory=dict)
    notes: Mapping[str, int] = dataclasses.field(default_factory=dict)


class RecordStore(Protocol):
    """Records that batches are taken from: packed, or streamed.

    Attributes:
        meta: What they are.
    """

    meta: StoreMeta

    def __len__(self) -> int:
        """Number of records."""
        ...

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Values of a field of one shape, ``(len(self), *shape)``; streamed records know ``label`` and `CONTENT`."""
        ...

    def ragged(self, name: str) -> Ragged:
        """The values of a ragged field."""
        ...

    def take(self, name: str, indices: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Values of several records, in an array ``(len(indices), *shape)``."""
        ...

    def value(self, name: str, index: int) -> npt.NDArray[Any]:
        """One record's value of any field."""
        ...

    def good(self) -> npt.NDArray[np.int64]:
        """Positions of the records that can be used, int64, in rising order."""
        ...


class Store:
    """A packed store, opened for reading; its arrays stay on disk until touched.

    Args:
        folder: The store's folder.

    Raises:
        DataError: The store is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.meta = _read_meta(folder / _META)
            self._arrays = {name: _open(folder, name, given) for name, given in self.meta.fields.items()}
            for name, values in self._arrays.items():
                _check_length(name, len(values), self.meta.num_records)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise DataError(
                "data/store",
                f"the packed store is damaged: {error}",
                place=Place(str(folder)),
                hint="delete this folder; it is packed anew from the source",
            ) from None

    def __len__(self) -> int:
        """Number of records."""
        return self.meta.num_records

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """The memory-mapped array of a field, of shape ``(num_records, *field.shape)``.

        Raises:
            KeyError: There is no such field, or it is ragged.
        """
        values = self._arrays[name]
        if isinstance(values, Ragged):
            raise KeyError(f"{name} is ragged: Store.ragged gives it")
        return values

    def ragged(self, name: str) -> Ragged:
        """The values of a ragged field.

        Raises:
            KeyError: There is no such field, or it is not ragged.
        """
        values = self._arrays[name]
        if not isinstance(values, Ragged):
            raise KeyError(f"{name} is not ragged: Store[...] gives it")
        return values

    def take(self, name: str, indices: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Values of several records, in an array ``(len(indices), *shape)``.

        Raises:
            ValueError: The field is ragged, and they differ in shape.
        """
        values = self._arrays[name]
        if isinstance(values, Ragged):
            return np.stack([values[int(index)] for index in indices])
        return values[indices]

    def value(self, name: str, index: int) -> npt.NDArray[Any]:
        """One record's value of any field."""
        value: npt.NDArray[Any] = np.asarray(self._arrays[name][index])
        return value

    def good(self) -> npt.NDArray[np.int64]:
        """Positions of the records that could be read, int64, in rising order."""
        positions = np.arange(len(self))
        return np.delete(positions, sorted(self.meta.bad)) if self.meta.bad else positions


def field_path(folder: Path, name: str) -> Path:
    """The file of one field."""
    return folder / f"{name}.npy"


def create_arrays(folder: Path, fields: Mapping[str, Field], num_records: int) -> None:
    """Make the file of each field at its full size, unwritten; of ragged fields the shapes.

    Raises:
        MachineError: The disk has less room than they need.
        OSError: They can't be made.
    """
    num_bytes = 0
    for name, field in fields.items():
        if field.is_ragged:
            ragged.create(folder, name, field, num_records)
            continue
        shape = (num_records, *field.fixed_shape)
        array = np.lib.format.open_memmap(field_path(folder, name), mode="w+", dtype=field.dtype, shape=shape)
        num_bytes += array.nbytes
    if num_bytes > shutil.disk_usage(folder).free:
        with machine_errors(folder, num_bytes):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write_values(folder: Path, name: str, start: int, values: npt.NDArray[Any]) -> None:
    """Write values of records, from `start` on, into the file of a field of one shape.

    Args:
        folder: The store's folder.
        name: The field's name.
        start: The first record.
        values: Shape ``(records, *shape)``, of the field's type.

    Raises:
        OSError: The disk is full, and the like.
    """
    write_rows(field_path(folder, name), start, values)


def write_meta(folder: Path, meta: StoreMeta) -> None:
    """Write ``store.json``."""
    (folder / _META).write_text(json.dumps({"format": FORMAT, **dataclasses.asdict(meta)}, indent=1) + "\n")


def content_keys(digests: Iterable[npt.NDArray[np.uint64]]) -> npt.NDArray[np.void]:
    """Content digests of several stores, joined, in a form that NumPy can sort and compare.

    Args:
        digests: Arrays of shape ``(n, 2)``.

    Returns:
        Shape ``(sum of n,)``, 16 bytes each.
    """
    joined: npt.NDArray[Any] = np.ascontiguousarray(np.concatenate(list(digests)))
    return joined.view("V16").reshape(-1)


def _read_meta(path: Path) -> StoreMeta:
    content = json.loads(path.read_text())
    if content.pop("format") != FORMAT:
        raise ValueError("it was written by another version of shapenet")
    fields = {name: Field(given["dtype"], tuple(given["shape"])) for name, given in content.pop("fields").items()}
    bad = {int(position): why for position, why in content.pop("bad").items()}
    return StoreMeta(fields=fields, classes=tuple(content.pop("classes")), bad=bad, **content)


def _open(folder: Path, name: str, field: Field) -> npt.NDArray[Any] | Ragged:
    if field.is_ragged:
        return Ragged(folder, name, field)
    array: npt.NDArray[Any] = np.load(field_path(folder, name), mmap_mode="r")
    if array.dtype != np.dtype(field.dtype) or array.shape[1:] != field.shape:
        raise ValueError(f"field {name} is {array.dtype} {array.shape[1:]}, expected {field.dtype} {field.shape}")
    return array


def _check_length(name: str, received: int, expected: int) -> None:
    if received != expected:
        raise ValueError(f"field {name} has {received:,} records, expected {expected:,}")
