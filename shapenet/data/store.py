"""The packed store: every field of every record in one memory-mapped array."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Field
from shapenet.errors import DataError, Place

CONTENT = "content"
"""Name of the field that holds 128 bits of a digest of each record's image."""
CONTENT_FIELD = Field("uint64", (2,))
_META = "store.json"
_FORMAT = 1


@dataclass(frozen=True)
class StoreMeta:
    """What stands in ``store.json``.

    Attributes:
        num_records: Number of records.
        fields: Every field by name, the content digest among them.
        classes: Class names in label order.
        fingerprint: Digest of all images, labels and class names.
        described: What the packed source called itself.
    """

    num_records: int
    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    fingerprint: str
    described: str


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
            self._arrays = {name: np.load(field_path(folder, name), mmap_mode="r") for name in self.meta.fields}
            for name, field in self.meta.fields.items():
                _check_array(name, self._arrays[name], field, self.meta.num_records)
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
        """The memory-mapped array of a field, of shape ``(num_records, *field.shape)``."""
        array: npt.NDArray[Any] = self._arrays[name]
        return array


def field_path(folder: Path, name: str) -> Path:
    """The file of one field."""
    return folder / f"{name}.npy"


def create_arrays(folder: Path, fields: Mapping[str, Field], num_records: int) -> None:
    """Make the file of each field at its full size, unwritten.

    The disk space is taken at once where the system can do so: a disk that fills up while a
    mapped array is written would kill the process.

    Raises:
        OSError: The disk is full, and the like.
    """
    for name, field in fields.items():
        path = field_path(folder, name)
        np.lib.format.open_memmap(path, mode="w+", dtype=field.dtype, shape=(num_records, *field.shape))
        if hasattr(os, "posix_fallocate"):
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def write_meta(folder: Path, meta: StoreMeta) -> None:
    """Write ``store.json``."""
    (folder / _META).write_text(json.dumps({"format": _FORMAT, **asdict(meta)}, indent=1) + "\n")


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
    if content.pop("format") != _FORMAT:
        raise ValueError("it was written by another version of shapenet")
    fields = {name: Field(field["dtype"], tuple(field["shape"])) for name, field in content.pop("fields").items()}
    return StoreMeta(fields=fields, classes=tuple(content.pop("classes")), **content)


def _check_array(name: str, array: npt.NDArray[Any], field: Field, num_records: int) -> None:
    if array.dtype != np.dtype(field.dtype) or array.shape != (num_records, *field.shape):
        raise ValueError(f"field {name} is {array.dtype} {array.shape}, expected {field.dtype} {field.shape}")
