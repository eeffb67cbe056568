"""Reading a whole file that must be a regular one, so that no pipe or device can hang us."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from shapenet.errors import DataError, Place

MAX_BYTES = 2**31
"""Larger files are refused, in bytes."""

_END_BYTES = 1 << 16


def read_regular(path: str | bytes | Path) -> bytes:
    """The content of a regular file.

    Args:
        path: The file; bytes if its name must not depend on the locale.

    Raises:
        DataError: It is missing, not regular (a folder, pipe or device), larger than
            `MAX_BYTES`, or can't be read. The error's place is the file.
    """
    with open_regular(path) as file:
        num_bytes = os.fstat(file.fileno()).st_size
        if num_bytes > MAX_BYTES:
            raise _refusal(path, f"expected at most {MAX_BYTES:,} bytes, received {num_bytes:,}")
        try:
            return _read_all(file.fileno(), num_bytes)
        except OSError as error:
            raise _refusal(path, reason(error)) from error


def open_regular(path: str | bytes | Path) -> BinaryIO:
    """A regular file, opened for reading without a buffer.

    Args:
        path: As in `read_regular`.

    Raises:
        DataError: It is missing, not regular, or can't be opened.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 -- it may be bytes; and opening a device can do something
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC) if stat.S_ISREG(mode) else None
    except OSError as error:
        raise _refusal(path, reason(error)) from error
    if descriptor is None:
        raise _refusal(path, f"expected a regular file, received {kind_of(mode)}")
    return os.fdopen(descriptor, "rb", buffering=0)


def fingerprint_of(path: Path) -> tuple[str, int, int, str]:
    """What tells a large file from others without reading all of it, wherever its folder is.

    Archives give files of one name, size and time of change to several folders, so both ends
    of the content are in it: in the end of a zip or gzip file are the checksums of all of it.

    Args:
        path: The file.

    Returns:
        Its name, size in bytes, time of change in nanoseconds, and a digest of both ends.

    Raises:
        DataError: It is missing, not regular, or can't be read.
    """
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        try:
            digest = hashlib.blake2b(os.pread(file.fileno(), _END_BYTES, 0), digest_size=16)
            digest.update(os.pread(file.fileno(), _END_BYTES, max(0, status.st_size - _END_BYTES)))
        except OSError as error:
            raise _refusal(path, reason(error)) from error
    return path.name, status.st_size, status.st_mtime_ns, digest.hexdigest()


def _read_all(descriptor: int, num_bytes: int) -> bytes:
    data = os.read(descriptor, num_bytes + 1)
    if len(data) == num_bytes:
        return data
    parts = [data]
    while parts[-1] and sum(map(len, parts)) <= MAX_BYTES:
        parts.append(os.read(descriptor, 2**24))
    return b"".join(parts)


def _refusal(path: str | bytes | Path, message: str) -> DataError:
    name = path.decode("utf-8", "replace") if isinstance(path, bytes) else str(path)
    return DataError("data/unreadable-file", message, place=Place(name))


def reason(error: OSError) -> str:
    """Why a system call failed, in words."""
    return os.strerror(error.errno) if error.errno else str(error)


def kind_of(mode: int) -> str:
    """What a file is that is not regular, from its ``st_mode``."""
    kinds = {
        stat.S_ISDIR: "a folder",
        stat.S_ISFIFO: "a named pipe",
        stat.S_ISSOCK: "a socket",
        stat.S_ISCHR: "a device",
        stat.S_ISBLK: "a device",
    }
    return next((name for test, name in kinds.items() if test(mode)), "something else")
