"""Finding arrays in npz, npy and IDX files, from their headers alone."""

from __future__ import annotations

import io
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import numpy as np

from shapenet.data.files.faults import shown
from shapenet.data.inflate import GZIP_BITS, InflatingReader
from shapenet.data.regular import open_regular, reason
from shapenet.errors import DataError, Place, did_you_mean

Packing = Literal["none", "gzip", "zip"]

_CODE = "data/arrays"
_MAX_RATIO = 1032
"""DEFLATE can't pack more bytes into one."""
_GZIP_MAGIC, _NPY_MAGIC, _ZIP_MAGIC = b"\x1f\x8b", b"\x93NUMPY", b"PK\x03\x04"
_IDX_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_BUFFER_BYTES = 1 << 18


@dataclass(frozen=True)
class StoredArray:
    """Where the values of an array lie.

    Attributes:
        path: The file.
        name: What to call the array in messages.
        dtype: NumPy's code of the type, with its byte order: ``<f4``.
        shape: Its shape.
        fortran: Whether the first axis varies fastest.
        offset: Of the first value: in the file, or in what is unpacked from it.
        packing: Whether the values are compressed: as a whole file or as a member of a zip.
        member: The zip's member, if the file is a zip.
    """

    path: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    fortran: bool
    offset: int
    packing: Packing = "none"
    member: str | None = None

    @property
    def num_bytes(self) -> int:
        """Size of all values."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    @property
    def place(self) -> Place:
        """The file, for messages."""
        return Place(str(self.path))


def find_array(path: Path, name: str) -> StoredArray:
    """The array in an npy or IDX file, or the one called `name` in an npz; told from the content.

    Raises:
        DataError: The file can't be read, is cut, damaged or of another kind; there is no such
            array; or it holds Python objects.
    """
    with open_regular(path) as file, _damage(path):
        start = file.read(len(_NPY_MAGIC))
        num_bytes = os.fstat(file.fileno()).st_size
        if start.startswith(_ZIP_MAGIC):
            return _in_zip(path, file, name)
        file.seek(0)
        if start.startswith(_GZIP_MAGIC):
            stream = io.BufferedReader(InflatingReader(file, GZIP_BITS), _BUFFER_BYTES)
            return _checked(_in_stream(path, stream, "gzip"), num_bytes * _MAX_RATIO)
        array = _in_stream(path, file, "none")
        if array.num_bytes != num_bytes - array.offset:
            raise _lengths(array, num_bytes - array.offset)
        return array


def array_names(path: Path) -> list[str]:
    """The names of the arrays of an npz; none if the file is something else.

    Raises:
        DataError: The file can't be read, or its table of contents is damaged.
    """
    with open_regular(path) as file, _damage(path):
        if file.read(len(_ZIP_MAGIC)) != _ZIP_MAGIC:
            return []
        with zipfile.ZipFile(file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]


@contextmanager
def open_values(array: StoredArray) -> Iterator[BinaryIO]:
    """The bytes of a packed array's values, unpacked while they are read.

    Raises:
        DataError: The file can't be read, or proves damaged.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open_regular(array.path))
        stack.enter_context(_damage(array.path))
        if array.packing == "gzip":
            stream: Any = io.BufferedReader(InflatingReader(file, GZIP_BITS), _BUFFER_BYTES)
        else:
            stream = stack.enter_context(zipfile.ZipFile(file)).open(str(array.member))
        stream.read(array.offset)  # a header of some hundred bytes
        yield cast(BinaryIO, stream)


def _in_zip(path: Path, file: BinaryIO, name: str) -> StoredArray:
    with zipfile.ZipFile(file) as archive:
        member = f"{name}.npy"
        names = [found.removesuffix(".npy") for found in archive.namelist()]
        if name not in names:
            message = f"expected the array {shown(name)}, found {', '.join(map(shown, names)) or 'none'}"
            raise DataError(_CODE, message, place=Place(str(path)), hint=did_you_mean(name, names))
        info = archive.getinfo(member if member in archive.namelist() else name)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            message = f"{shown(name)}: expected it as it is or deflated, received another compression or encryption"
            raise DataError(_CODE, message, place=Place(str(path)))
        with archive.open(info) as stream:
            array = _npy(path, stream, name)
    if array.num_bytes != info.file_size - array.offset:
        raise _lengths(array, info.file_size - array.offset)
    if info.compress_type == zipfile.ZIP_STORED:
        return _moved(array, _start_of(file, info) + array.offset, "none", info.filename)
    return _checked(_moved(array, array.offset, "zip", info.filename), info.compress_size * _MAX_RATIO)


def _start_of(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Where a member's bytes start: its own header says, not the table of contents."""
    file.seek(info.header_offset)
    magic, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    start: int = info.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes
    if magic != _ZIP_MAGIC or start + info.file_size > os.fstat(file.fileno()).st_size:
        raise zipfile.BadZipFile("the header of a member is damaged")
    return start


def _moved(array: StoredArray, offset: int, packing: Packing, member: str) -> StoredArray:
    return StoredArray(array.path, array.name, array.dtype, array.shape, array.fortran, offset, packing, member)


def _in_stream(path: Path, stream: BinaryIO, packing: Packing) -> StoredArray:
    start = stream.read(4)
    if start == _NPY_MAGIC[:4]:
        array = _npy(path, _Rewound(start, stream), path.name)
        return _moved(array, array.offset, packing, "")
    if len(start) == 4 and start[:2] == b"\0\0" and start[2] in _IDX_DTYPES and start[3]:
        sides = stream.read(4 * start[3])
        if len(sides) == 4 * start[3]:
            shape = struct.unpack(f">{start[3]}I", sides)
            return StoredArray(path, path.name, _IDX_DTYPES[start[2]], shape, False, 4 + len(sides), packing)
    message = f"expected npz, npy or IDX, received a file that starts with {start!r}"
    raise DataError(_CODE, message, place=Place(str(path)))


class _Rewound(io.RawIOBase):
    """A stream of which the first bytes were read already; counts what is read."""

    def __init__(self, start: bytes, stream: Any) -> None:
        self._start = start
        self._stream = stream
        self.position = 0

    def read(self, num_bytes: int = -1) -> bytes:
        """The next bytes."""
        taken, self._start = self._start[:num_bytes], self._start[num_bytes:]
        data: bytes = taken + self._stream.read(num_bytes - len(taken))
        self.position += len(data)
        return data


def _npy(path: Path, stream: Any, name: str) -> StoredArray:
    counted = _Rewound(b"", stream)
    version = np.lib.format.read_magic(counted)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"expected version 1 or 2 of npy, received {version[0]}")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, fortran, dtype = read(counted)
    except Exception as error:  # NumPy evaluates the header as a literal, which fails in many ways
        raise ValueError(f"the header of {name} is damaged") from error
    if dtype.hasobject or dtype.kind not in "buifU":
        kind = "Python objects, which are never unpickled" if dtype.hasobject else str(dtype)
        message = f"{shown(name)}: expected numbers or text, received {kind}"
        raise DataError(_CODE, message, place=Place(str(path)))
    return StoredArray(path, name, dtype.str, shape, fortran, counted.position)


def _checked(array: StoredArray, most: int) -> StoredArray:
    if array.num_bytes > most:
        message = f"{shown(array.name)}: its header says {array.num_bytes:,} bytes, more than the file can hold"
        raise DataError(_CODE, message, place=array.place)
    return array


def _lengths(array: StoredArray, received: int) -> DataError:
    form = f"{np.dtype(array.dtype).name} {array.shape}"
    message = f"{shown(array.name)}: expected {array.num_bytes:,} bytes of values for {form}, received {received:,}"
    return DataError(_CODE, message, place=array.place, hint="the file is cut or damaged")


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Give what the libraries raise on damaged files a place."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error, NotImplementedError) as error:
        message = f"the file is cut or damaged: {error}"
        raise DataError(_CODE, message, place=Place(str(path))) from None
    except OSError as error:
        raise DataError("data/unreadable-file", reason(error), place=Place(str(path))) from error
