"""One process at a time works on a run: a lock on a file that says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from shapenet.errors import MachineError, Place, RunError
from shapenet.rundir.atomic import machine_errors

_TRIES, _PAUSE_SECONDS = 5, 0.02
"""Whoever only looks holds the lock for a moment."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Attributes:
        pid: The process; None if the file does not say.
        host: Its machine.
    """

    pid: int | None
    host: str | None

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}" if self.pid else "another process"


class RunLock:
    """The lock of a run, or of a sweep; the system takes it back when its holder ends, however it ends.

    Args:
        path: The lock's file.
        what: What it is the lock of.
    """

    def __init__(self, path: Path, what: Literal["run", "sweep"] = "run") -> None:
        self._path = path
        self._what = what
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            RunError: Another process holds the lock of a run; the message names it. Or the file is a link, a pipe or
                the like.
            MachineError: Another process holds the lock of a sweep, or the file can't be written.
        """
        if self._path.is_symlink() or (self._path.exists() and not self._path.is_file()):
            message = "expected a regular file, received a link, a folder, a pipe or a device"
            raise RunError("run/unsafe-file", message, place=Place(str(self._path)))
        with machine_errors(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
            if not _locked(descriptor, fcntl.LOCK_EX):
                holder = _read(descriptor)
                os.close(descriptor)
                hint = "wait until it ends, or end it; its lock is free as soon as it is gone"
                message = f"{holder} works on this {self._what}"
                error, group = (RunError, "run") if self._what == "run" else (MachineError, "machine")
                raise error(f"{group}/locked", message, place=Place(str(self._path.parent)), hint=hint)
            self._descriptor = descriptor
            with suppress(OSError):  # it is locked all the same; what frees a full disk must be able to lock
                os.ftruncate(descriptor, 0)
                os.write(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode() + b"\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(path: Path) -> Holder | None:
    """Who holds a lock; None if nobody does, or there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return None if _locked(descriptor, fcntl.LOCK_SH, tries=1) else _read(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int, tries: int = _TRIES) -> bool:
    for number in range(tries):
        if number:
            time.sleep(_PAUSE_SECONDS)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def _read(descriptor: int) -> Holder:
    try:
        content = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(int(content["pid"]), str(content["host"]))
    except (ValueError, KeyError, TypeError, OSError):
        return Holder(None, None)
