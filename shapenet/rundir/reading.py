"""Reads files of a run directory, which may come from a stranger: regular ones, inside it, of bounded size."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import NoReturn

from shapenet.errors import Place, RunError

MAX_TEXT_BYTES = 32_000_000
"""The largest file of text in a run directory that is read into memory."""

_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


def check_inside(path: Path, root: Path) -> None:
    """Refuse a path that links lead out of `root`.

    Args:
        path: A file or folder below `root`; it need not exist.
        root: The folder that it has to stay in. That it is a link itself is all right.

    Raises:
        RunError: It leads elsewhere, or its links go in a circle.
    """
    place = Place(str(path))
    try:
        target = path.resolve()
        if target.is_symlink():  # as from Python 3.13 on
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        inside = target.is_relative_to(root.resolve())
    except (OSError, RuntimeError) as error:  # a loop of links
        message = f"expected a file, received a link that leads nowhere: {error}"
        raise RunError("run/unsafe-file", message, place=place) from error
    if not inside:
        hint = "what belongs to a run stays in its directory: copy the file there if you trust it"
        message = f"expected a file in {root}, received a link to {target}"
        raise RunError("run/unsafe-file", message, place=place, hint=hint)


def check_contained(root: Path) -> None:
    """Refuse a folder in which anything but folders, regular files and links within it stands.

    For whoever writes or removes below it: what a stranger sends may lead elsewhere.

    Args:
        root: The folder. That it is a link itself is all right.

    Raises:
        RunError: There is a link out of it, a pipe, a device or the like.
        OSError: A folder can't be looked at.
    """

    def fail(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(root, onerror=fail):
        for name in (*folders, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                check_inside(path, root)
            elif not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                _refuse_kind(path, mode)


def check_regular(path: Path, root: Path | None, max_bytes: int) -> None:
    """Refuse what is no regular file below `root`, or too large; nothing is opened.

    Args:
        path: The file.
        root: The folder that it has to stay in; None for a file that the user named, wherever links lead.
        max_bytes: The most that it may hold.

    Raises:
        RunError: It is something else, elsewhere, or too large.
        OSError: It is missing or can't be looked at.
    """
    if root is not None:
        check_inside(path, root)
    _check_status(path, path.stat(), max_bytes)


def _check_status(path: Path, status: os.stat_result, max_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        _refuse_kind(path, status.st_mode)
    if status.st_size > max_bytes:
        message = f"expected at most {max_bytes:,} bytes, received {status.st_size:,}"
        raise RunError("run/unsafe-file", message, place=Place(str(path)))


def _refuse_kind(path: Path, mode: int) -> NoReturn:
    received = _KINDS.get(stat.S_IFMT(mode), "something else")
    raise RunError("run/unsafe-file", f"expected a regular file, received {received}", place=Place(str(path)))


@contextmanager
def open_regular(path: Path, root: Path, max_bytes: int) -> Iterator[BufferedReader]:
    """Open a regular file below `root` for reading; never waits for a pipe or a device.

    Args:
        path: The file.
        root: The folder that it has to stay in.
        max_bytes: The most that it may hold.

    Yields:
        The open file.

    Raises:
        RunError: It is something else, elsewhere, or too large.
        OSError: It is missing or can't be read.
    """
    check_regular(path, root, max_bytes)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        _check_status(path, os.fstat(file.fileno()), max_bytes)  # it may have been replaced since
        yield file


def read_regular(path: Path, root: Path, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """The content of a regular file below `root`; see `open_regular`."""
    with open_regular(path, root, max_bytes) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        message = f"expected at most {max_bytes:,} bytes, received more"
        raise RunError("run/unsafe-file", message, place=Place(str(path)))
    return data
