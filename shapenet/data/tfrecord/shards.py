"""Finding the shards of a TFRecord data set."""

from __future__ import annotations

import glob
import os
import re
from collections import defaultdict
from pathlib import Path

from shapenet.data.files.faults import shown
from shapenet.data.regular import reason
from shapenet.errors import DataError, Place

_MARK = ".tfrecord"
_NUMBERED = re.compile(r"(.*)-(\d{1,6})-of-(\d{1,6})(.*)")
_MOST_LISTED = 10


def find_shards(path: Path) -> list[Path]:
    """The files that `path` names, sorted by name.

    Args:
        path: A file; a folder, which gives its own files with ``.tfrecord`` in their names;
            or a pattern such as ``data/train-*.tfrecord``.

    Raises:
        DataError: There is none, a folder can't be read, its link leads out of it, or numbered
            shards of a folder (``-00000-of-00008``) are missing.
    """
    try:
        return _found(path)
    except OSError as error:
        raise DataError("data/unreadable-file", reason(error), place=Place(str(error.filename or path))) from error


def _found(path: Path) -> list[Path]:
    if path.is_dir():
        return _in_folder(path)
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    found = sorted(Path(name) for name in glob.glob(str(path), recursive=True) if not Path(name).is_dir())  # noqa: PTH207 `path` is the pattern
    if not found:
        raise DataError("data/missing-file", "no file fits the pattern", place=Place(str(path)))
    return found


def _in_folder(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.iterdir() if _MARK in file.name and not file.name.startswith("."))
    if not found:
        message = f"expected files with {_MARK} in their names, found none"
        hint = "name them by a pattern: path: folder/*"
        raise DataError("data/missing-file", message, place=Place(str(folder)), hint=hint)
    root = os.path.realpath(folder)
    outside = [file.name for file in found if Path(root) not in Path(os.path.realpath(file)).parents]
    if outside:
        names = ", ".join(map(shown, outside[:_MOST_LISTED]))
        message = f"{len(outside):,} of {len(found):,} shards are links out of the folder: {names}"
        hint = f"a pattern takes them as well: path: {folder}/*{_MARK}*"
        raise DataError("data/outside-folder", message, place=Place(str(folder)), hint=hint)
    _check_complete(folder, found)
    return found


def _check_complete(folder: Path, found: list[Path]) -> None:
    numbers: dict[tuple[str, int, str], set[int]] = defaultdict(set)
    for file in found:
        if match := _NUMBERED.fullmatch(file.name):
            numbers[match[1], int(match[3]), match[4]].add(int(match[2]))
    for (name, count, _), present in numbers.items():
        if len(present) < count:
            missing = next(number for number in range(count) if number not in present)
            message = (
                f"expected {count:,} shards of {shown(name)}, found {len(present):,}; number {missing:,} is missing"
            )
            hint = "a pattern reads those that are there"
            raise DataError("data/missing-file", message, place=Place(str(folder)), hint=hint)
