"""Finding the files that a list names, and refusing those that are missing or lie elsewhere."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from shapenet.data.files.faults import Fault, items_problem, shown
from shapenet.data.files.listing import Listing
from shapenet.data.records import missing_is_borne
from shapenet.data.regular import kind_of, reason
from shapenet.errors import DataError, Problem

_MISSING = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True)
class Files:
    """Files that a list names, one for each of its images.

    Paths are UTF-8 bytes, so that they do not depend on the locale.

    Attributes:
        root: The list's folder, links resolved.
        paths: Of each file, relative to `root`; absolute if it lies elsewhere.
        num_bytes: Size of each; 0 if it is missing and that is borne.
        mtimes: Time of last change of each, in nanoseconds; 0 likewise.
    """

    root: bytes
    paths: list[bytes]
    num_bytes: list[int]
    mtimes: list[int]

    def path(self, index: int) -> bytes:
        """The path of one file."""
        return os.path.join(self.root, self.paths[index])  # noqa: PTH118 bytes, and many


def find_files(listing: Listing, names: Sequence[str], *, allow_outside: bool) -> Files:
    """Find the regular file behind every name.

    Args:
        listing: The list, whose root relative names start from.
        names: Path of each file as the list has it, one for each image.
        allow_outside: Whether files may lie out of the root, by ``../``, an
            absolute path or a link.

    Raises:
        DataError: Some are missing (unless `shapenet.data.records.bearing_missing`), not regular
            files, or out of the folder; one problem of each kind, with the number and the first ten.
    """
    search = _Search(listing, allow_outside)
    files = Files(search.root, [], [], [])
    for index, name in enumerate(names):
        located = search.locate(name, listing.line(index))
        if located is not None:
            path, num_bytes, mtime = located
            files.paths.append(path)
            files.num_bytes.append(num_bytes)
            files.mtimes.append(mtime)
    problems = search.problems(len(names))
    if problems:
        raise DataError(problems)
    return files


class _Search:
    """The state of one search: folders resolved so far, and faults found."""

    def __init__(self, listing: Listing, allow_outside: bool) -> None:
        self.listed_by = listing.path
        self.allow_outside = allow_outside
        self.root = os.path.realpath(str(listing.root).encode("utf-8", "surrogateescape"))
        self.prefix = self.root.rstrip(b"/") + b"/"
        self.folders: dict[str, bytes] = {}
        self.missing: list[Fault] = []
        self.outside: list[Fault] = []
        self.unfit: list[Fault] = []

    def locate(self, name: str, line: int | None) -> tuple[bytes, int, int] | None:
        """Resolved path, size and time of change of a file, or None once its fault is noted."""
        folder, slash, base = name.rpartition("/")
        place = self.folders.get(folder + slash) or self._folder(folder + slash)
        path = place + base.encode("utf-8", "surrogateescape")
        try:
            if not self.allow_outside and not path.startswith(self.prefix):
                self.outside.append((line, shown(name)))
                return None
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                path = os.path.realpath(path)
                if not self.allow_outside and not path.startswith(self.prefix):
                    self.outside.append((line, f"{shown(name)} (a link)"))
                    return None
                status = os.stat(path)  # noqa: PTH116 bytes
        except OSError as error:
            if error.errno in _MISSING and missing_is_borne():
                return path.removeprefix(self.prefix), 0, 0
            self._note(name, line, error)
            return None
        if not stat.S_ISREG(status.st_mode):
            self.unfit.append((line, f"{shown(name)}: {kind_of(status.st_mode)}"))
            return None
        return path.removeprefix(self.prefix), status.st_size, status.st_mtime_ns

    def _folder(self, written: str) -> bytes:
        """The real path of a folder as a list writes it, with a slash at its end."""
        path = os.path.join(self.root, written.encode("utf-8", "surrogateescape"))  # noqa: PTH118 bytes
        self.folders[written] = os.path.realpath(path).rstrip(b"/") + b"/"
        return self.folders[written]

    def _note(self, name: str, line: int | None, error: OSError) -> None:
        if error.errno in _MISSING:
            self.missing.append((line, shown(name)))
        else:
            self.unfit.append((line, f"{shown(name)}: {reason(error)}"))

    def problems(self, num_items: int) -> list[Problem]:
        """What was found wrong, one problem of each kind."""
        kinds = (
            (
                self.missing, "data/missing-file", "image files are missing",
                f"paths are relative to {os.fsdecode(self.root)}",
            ),
            (
                self.outside, "data/outside-folder", f"image files lie out of {os.fsdecode(self.root)}",
                "if that is meant, set the source's `allow_outside: true`",
            ),
            (self.unfit, "data/unreadable-file", "image files can't be read as regular files", None),
        )  # fmt: skip
        return [
            items_problem(code, f"{len(faults):,} of {num_items:,} {what}", faults, path=self.listed_by, hint=hint)
            for faults, code, what, hint in kinds
            if faults
        ]
