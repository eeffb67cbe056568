"""Files and folders that are either whole or not there."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shapenet.errors import MachineError, Place

TEMPORARY_PREFIX = ".tmp-"
"""Names of unfinished files and folders start so; whatever bears it may be removed."""

_MANY_FILES = 200


def fsync_dir(path: Path) -> None:
    """Make the names in a folder survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> tuple[Path, ...]:
    """Make a folder and those above it that are missing, all of which survive a power loss.

    Returns:
        The folders that were missing, the deepest first.
    """
    made = tuple(folder for folder in (path, *path.parents) if not folder.exists())
    path.mkdir(parents=True, exist_ok=True)
    for folder in made:
        fsync_dir(folder.parent)
    return made


@contextmanager
def machine_errors(path: Path, num_bytes: int | None = None) -> Iterator[None]:
    """Turn an OSError met while writing below `path` into a `MachineError` that names it.

    Args:
        path: What is written.
        num_bytes: About how many bytes that takes, to be told where the disk is full; None if nobody knows.

    Raises:
        MachineError: In the place of the OSError.
    """
    try:
        yield
    except OSError as error:
        place = Place(str(error.filename2 or error.filename or path))  # of two, where to and not where from
        reason = os.strerror(error.errno) if error.errno else str(error)
        needed = "" if num_bytes is None else f"{num_bytes:,} bytes are needed, "
        hints = {
            errno.ENOSPC: f"{needed}{_free_bytes(path):,} bytes are free there; free some and run again",
            errno.EACCES: "choose another folder or change its permissions",
            errno.EROFS: "the file system is read-only: choose another folder",
        }
        raise MachineError(
            "machine/write", f"can't write: {reason}", place=place, hint=hints.get(error.errno or 0)
        ) from error


def _free_bytes(path: Path) -> int:
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file by write, fsync, rename and fsync of its folder.

    Args:
        path: The file; its folder is made if need be.
        content: Text (written as UTF-8) or bytes.

    Raises:
        MachineError: The disk is full, the folder is read-only, and the like.
    """
    data = content.encode() if isinstance(content, str) else content
    with machine_errors(path, len(data)):
        make_folder(path.parent)
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        fsync_dir(path.parent)


def append_line(path: Path, line: str) -> None:
    """Append a line to a text file and see it onto the disk.

    Raises:
        MachineError: The disk is full, the folder is read-only, and the like.
    """
    with machine_errors(path, len(line) + 1):
        is_new = not path.exists()
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            fsync_dir(path.parent)


@contextmanager
def new_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its name when the block ends well.

    If another process finished the same folder first, that one stays and ours goes, unless it is to be replaced.

    Args:
        path: The final folder, which must not exist unless equal content made it.
        replace: Whether a folder of this name gives way, once the new one is safe on the disk.

    Yields:
        The temporary folder, to be filled.

    Raises:
        MachineError: The disk is full, the parent is read-only, and the like.
    """
    temporary = _unused_name(path.parent)
    try:  # an interruption may come as soon as it is made
        with machine_errors(path):
            make_folder(path.parent)
            temporary.mkdir(mode=0o700)
        yield temporary
        with machine_errors(path):
            _fsync_files(temporary)
            temporary.chmod(0o755)
            if replace and path.exists():
                _replace_folder(temporary, path)
            else:
                _rename_unless_there(temporary, path)
            fsync_dir(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_stale(folder: Path, seconds: float) -> None:
    """Remove what killed processes left unfinished in `folder`: nothing in it changed for `seconds`.

    Args:
        folder: Where `new_folder` makes its temporary folders; it need not exist.
        seconds: How long a process that still lives could be silent.
    """
    for left in folder.glob(f"{TEMPORARY_PREFIX}*"):
        with suppress(FileNotFoundError):  # another process was faster
            newest = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
            if time.time() - newest > seconds:
                shutil.rmtree(left, ignore_errors=True)


def _fsync_files(folder: Path) -> None:
    below = [path for path in folder.rglob("*") if not path.is_symlink()]
    files = [path for path in below if path.is_file()]
    if len(files) > _MANY_FILES:
        os.sync()  # all at once: thousands of waits for the disk would take longer than writing
        return
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    for inner in (*(path for path in below if path.is_dir()), folder):
        fsync_dir(inner)


def _rename_unless_there(temporary: Path, path: Path) -> None:
    try:
        temporary.rename(path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not path.is_dir():
            raise


def _unused_name(parent: Path) -> Path:
    return parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"


def _replace_folder(temporary: Path, path: Path) -> None:
    """Give the temporary folder the name of another, which goes; it gets its name back where that fails."""
    old = _unused_name(path.parent)
    path.rename(old)
    try:
        temporary.rename(path)
    except BaseException:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def check_link(link: Path) -> None:
    """Refuse a path where no link can be put without the loss of something else.

    Raises:
        MachineError: A file or a folder has the name.
    """
    if link.exists() and not link.is_symlink():
        received = "a folder" if link.is_dir() else "a file"
        hint = "move it away"
        raise MachineError("machine/write", f"expected a link, received {received}", place=Place(str(link)), hint=hint)


def replace_link(link: Path, target: str) -> None:
    """Point a relative link at `target`, replacing an older link in one step.

    Args:
        link: The link.
        target: What it points at, relative to its folder.

    Raises:
        MachineError: Links can't be made there, or something else has that name.
    """
    check_link(link)
    temporary = link.parent / f"{TEMPORARY_PREFIX}{link.name}-{os.getpid()}"
    with machine_errors(link):
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target, target_is_directory=True)
        try:
            temporary.replace(link)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        fsync_dir(link.parent)
