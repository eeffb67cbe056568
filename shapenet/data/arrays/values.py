"""The values of stored arrays: read, mapped, or unpacked once into a file that processes share."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from shapenet.data.arrays.files import StoredArray, open_values
from shapenet.data.files.faults import shown
from shapenet.data.regular import MAX_BYTES
from shapenet.errors import DataError
from shapenet.rundir.atomic import TEMPORARY_PREFIX, machine_errors, remove_stale

_CHUNK_BYTES = 1 << 22
_STALE_SECONDS = 7 * 24 * 3600.0
"""Longer than a run reads from an unpacked array that nothing writes to any more."""


def load(array: StoredArray) -> npt.NDArray[Any]:
    """All values, in memory and in the machine's byte order.

    Raises:
        DataError: They are too many, or the file is cut or damaged.
    """
    if array.num_bytes > MAX_BYTES:
        message = f"{shown(array.name)}: expected at most {MAX_BYTES:,} bytes, received {array.num_bytes:,}"
        raise DataError("data/arrays", message, place=array.place)
    if array.packing == "none":
        return native(map_values(array))
    content = bytearray(array.num_bytes)
    with open_values(array) as stream:
        _fill(array, stream, memoryview(content))
    flat: npt.NDArray[Any] = np.frombuffer(content, array.dtype)
    return native(flat.reshape(array.shape, order="F" if array.fortran else "C"))


def map_values(array: StoredArray) -> npt.NDArray[Any]:
    """The values of an array that is not packed, mapped: read from the file when touched."""
    if not array.num_bytes:
        return np.empty(array.shape, array.dtype)
    order: Any = "F" if array.fortran else "C"
    return np.memmap(array.path, array.dtype, "r", array.offset, array.shape, order)


def native(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy in memory, in the machine's byte order, the last axis varying fastest."""
    return np.array(values, values.dtype.newbyteorder("="), order="C")


class UnpackingFolder:
    """A folder for unpacked arrays that goes when this object does.

    Args:
        parent: Where to make it; what killed processes left there goes too.

    Raises:
        MachineError: It can't be made.
    """

    def __init__(self, parent: Path) -> None:
        with machine_errors(parent):
            parent.mkdir(parents=True, exist_ok=True)
            remove_stale(parent, _STALE_SECONDS)
            self._folder = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def unpack(self, array: StoredArray) -> StoredArray:
        """The same array, not packed, in a file of this folder.

        Raises:
            DataError: The file is cut or damaged.
            MachineError: The disk is full, and the like.
        """
        path = self._folder / f"{len(list(self._folder.iterdir()))}.bin"
        with machine_errors(path, array.num_bytes), path.open("wb+") as file:
            if array.num_bytes:
                _allocate(file, array.num_bytes)
                values = np.memmap(file, np.uint8, "r+", shape=(array.num_bytes,))
                with open_values(array) as stream:
                    _fill(array, stream, memoryview(values))  # type: ignore[arg-type]
        return replace(array, path=path, offset=0, packing="none")


def _allocate(file: BinaryIO, num_bytes: int) -> None:
    """Take the disk space at once: a full disk would kill a process that writes into a mapped file."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, num_bytes)
    else:
        file.truncate(num_bytes)


def _fill(array: StoredArray, stream: Any, target: memoryview) -> None:
    """Read just the values that the header promises."""
    done = 0
    while done < len(target):
        count = stream.readinto(target[done : done + _CHUNK_BYTES])
        if not count:
            message = f"{shown(array.name)}: expected {len(target):,} bytes of values, received {done:,}"
            raise DataError("data/arrays", message, place=array.place, hint="the file is cut or damaged")
        done += count
    if stream.read(1):  # the end of the stream also compares the checksum of the whole
        message = f"{shown(array.name)}: expected {len(target):,} bytes of values, received more"
        raise DataError("data/arrays", message, place=array.place)
