"""The frames of TFRecord files: records with their lengths and checksums.

A record is its length (uint64), the length's checksum, its bytes, and their checksum; all
little-endian. A checksum is a CRC32C, rotated and shifted so that checksums of checksums
don't fail (``tensorflow/core/lib/hash/crc32c.h``).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, cast

import google_crc32c

from shapenet.data.inflate import GZIP_BITS, ZLIB_BITS, InflatingReader
from shapenet.data.regular import open_regular, reason
from shapenet.errors import DataError, Place, Problem

Compression = Literal["none", "gzip", "zlib"]

MAX_RECORD_BYTES = 2**31 - 1
"""Longer records are refused: a `tf.train.Example` can't be longer."""

HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")

_MASK = 0xA282EAD8
_GZIP_MAGIC = b"\x1f\x8b"
_READ_BYTES = 1 << 24
_BUFFER_BYTES = 1 << 18


class Frame(NamedTuple):
    """One record of a shard.

    Attributes:
        offset: Of its bytes in the uncompressed shard.
        data: Its bytes.
    """

    offset: int
    data: bytes


def masked_crc(data: bytes) -> int:
    """The checksum that TFRecord files keep of `data`."""
    crc: int = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def frame_bytes(data: bytes) -> bytes:
    """A record as it stands in a file."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, FOOTER.pack(masked_crc(length)), data, FOOTER.pack(masked_crc(data))))


def read_frames(path: Path, compression: Compression) -> Iterator[Frame]:
    """The records of a shard, from first to last, each checked against its checksums.

    No more is held in memory than one record, and no more is read than a record says,
    once its length proved right.

    Args:
        path: The shard.
        compression: How the file is compressed.

    Raises:
        DataError: The shard can't be opened, is cut, damaged or compressed another way; the
            message names the record, counted from 0.
    """
    index = 0
    with closing(_open(path, compression)) as stream:
        try:
            offset = HEADER.size
            while (data := _read_frame(stream)) is not None:
                yield Frame(offset, data)
                offset += len(data) + FOOTER.size + HEADER.size
                index += 1
        except _FrameError as error:
            raise frame_error(path, index, str(error), _hint(path, compression, index)) from None
        except OSError as error:
            raise frame_error(path, index, f"can't read: {reason(error)}") from error


def read_frame_at(file: BinaryIO, path: Path, index: int, offset: int, num_bytes: int) -> bytes:
    """One record of an uncompressed shard, checked against its checksum.

    Args:
        file: The shard, opened without a buffer.
        path: Its path, for messages.
        index: The record's number in the shard, for messages.
        offset: Where its bytes start.
        num_bytes: How many there are.

    Raises:
        DataError: The shard has changed, is cut or damaged.
    """
    try:
        file.seek(offset)
        content = _read_exactly(file, num_bytes + FOOTER.size)
    except OSError as error:
        raise frame_error(path, index, f"can't read: {reason(error)}") from error
    data = content[:num_bytes]
    if len(content) < num_bytes + FOOTER.size or FOOTER.unpack_from(content, num_bytes)[0] != masked_crc(data):
        raise frame_error(path, index, "its bytes don't match their checksum: the file is damaged or has changed")
    return data


def detect_compression(path: Path) -> Compression:
    """How a shard is compressed, told from its first bytes.

    Raises:
        DataError: The shard can't be opened.
    """
    with open_regular(path) as file:
        start = _read_exactly(file, HEADER.size)
    if _is_header(start):  # asked first: a length may look like gzip, but not with its checksum
        return "none"
    if start.startswith(_GZIP_MAGIC):
        return "gzip"
    if len(start) > 1 and start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2], "big") % 31 == 0:
        return "zlib"
    return "none"


def frame_error(path: Path, index: int, message: str, hint: str | None = None) -> DataError:
    """The error of a record.

    Args:
        path: Its shard.
        index: Its number there, from 0.
        message: What is wrong with it.
        hint: How to put it right.
    """
    return DataError([Problem("data/tfrecord", f"record {index:,}: {message}", Place(str(path)), hint=hint)])


class _FrameError(Exception):
    """What is wrong with a frame, in words."""


def _open(path: Path, compression: Compression) -> BinaryIO:
    file = open_regular(path)
    if compression == "none":
        return io.BufferedReader(cast(io.RawIOBase, file), _BUFFER_BYTES)
    wbits = GZIP_BITS if compression == "gzip" else ZLIB_BITS
    return io.BufferedReader(InflatingReader(file, wbits), _BUFFER_BYTES)


def _read_frame(stream: BinaryIO) -> bytes | None:
    """The next record, or None at the end."""
    try:
        header = _read_exactly(stream, HEADER.size)
        if not header:
            return None
        if len(header) < HEADER.size:
            raise _FrameError("the file is cut in its length")
        if not _is_header(header):
            raise _FrameError("its length doesn't match its checksum: the file is damaged or not a TFRecord file")
        num_bytes: int = HEADER.unpack(header)[0]
        if num_bytes > MAX_RECORD_BYTES:
            raise _FrameError(f"expected at most {MAX_RECORD_BYTES:,} bytes, received a length of {num_bytes:,}")
        data = _read_exactly(stream, num_bytes)
        footer = _read_exactly(stream, FOOTER.size)
    except EOFError as error:
        raise _FrameError(f"the file is cut: {error}") from None
    except zlib.error as error:
        raise _FrameError(f"the compressed data is damaged or of another form: {error}") from None
    if len(footer) < FOOTER.size:
        received = len(data) + len(footer)
        raise _FrameError(f"the file is cut: expected {num_bytes + FOOTER.size:,} bytes more, received {received:,}")
    if FOOTER.unpack(footer)[0] != masked_crc(data):
        raise _FrameError("its bytes don't match their checksum: the file is damaged")
    return data


def _read_exactly(stream: BinaryIO, num_bytes: int) -> bytes:
    """So many bytes, or as many as there are; in pieces, so that a false length takes no memory."""
    parts = []
    while num_bytes > 0 and (part := stream.read(min(num_bytes, _READ_BYTES))):
        parts.append(part)
        num_bytes -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _is_header(data: bytes) -> bool:
    return len(data) == HEADER.size and HEADER.unpack(data)[1] == masked_crc(data[:8])


def _hint(path: Path, compression: Compression, index: int) -> str | None:
    looks_like = detect_compression(path)
    if index or looks_like == compression:
        return None
    return f"the file looks like `compression: {looks_like}`; `auto` tells by itself"
