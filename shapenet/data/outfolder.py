"""Folders that a command makes as a whole, and may replace where it made them before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shapenet.errors import ConfigError, Place
from shapenet.rundir.atomic import new_folder


def check_out(out: Path, marker: str, *, replace: bool) -> None:
    """Check that `out` is new, empty, or may be replaced.

    Args:
        out: The folder to make.
        marker: Name of the file that tells a folder which the command made.
        replace: Whether such a folder may be replaced.

    Raises:
        ConfigError: It is none of them.
    """
    place = Place(str(out))
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_dir() or out.is_symlink():
        raise ConfigError("config/out", "expected a new folder, received a file or a link", place=place)
    if (out / marker).is_file():
        if not replace:
            hint = "choose another folder, or replace this one with --force"
            raise ConfigError("config/out", "this command made the folder already", place=place, hint=hint)
    elif any(out.iterdir()):
        hint = "choose another folder; only a folder that this command made can be replaced"
        message = "the folder is not empty, and this command did not make it"
        raise ConfigError("config/out", message, place=place, hint=hint)


@contextmanager
def new_or_replaced(out: Path, marker: str, *, replace: bool) -> Iterator[Path]:
    """Like `new_folder`, but an old folder gives way once the new one is safe on the disk, if it may.

    Args:
        out: As in `check_out`, and so are the others.
        marker: The same.
        replace: The same.

    Raises:
        ConfigError: The folder is there and may not be replaced.
        MachineError: The disk is full, the parent is read-only, and the like.
    """
    check_out(out, marker, replace=replace)
    with new_folder(out, replace=replace) as folder:
        yield folder
        check_out(out, marker, replace=replace)
