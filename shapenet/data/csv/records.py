"""The records of a CSV: one decoded image and one label for each row."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from shapenet.data.csv.files import Files, find_files
from shapenet.data.csv.labels import checked_labels, class_names
from shapenet.data.csv.listing import listing, rows_error, shown
from shapenet.data.csv.table import IMAGE_COLUMNS, LABEL_COLUMNS, read_table
from shapenet.data.images import decode_image, is_gray
from shapenet.data.records import Arrays, Field, UnreadableError
from shapenet.data.regular import read_regular
from shapenet.errors import DataError, Place, Problem

Color = Literal["auto", "gray", "rgb"]
Size = tuple[int, int]

_KEY_VERSION = "csv-1"
_MAX_FIRST_TRIES = 10


@dataclass(frozen=True)
class CsvRecords:
    """Images and labels that a CSV lists; see `shapenet.data.records.Records`.

    Attributes:
        fields: ``image``, uint8 ``(height, width, channels)``, and ``label``, int64.
        classes: Distinct labels, numerically sorted if all are integers.
        key: Digest of labels, relative paths, sizes, times of change and options.
        describe: The CSV's path.
        warnings: What is odd but does not stop us, for the user to read.
        columns: The CSV's own columns.
    """

    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    key: str
    describe: str
    warnings: tuple[str, ...]
    columns: Mapping[str, Sequence[str]] = field(repr=False)
    _root: bytes = field(repr=False)
    _paths: list[bytes] = field(repr=False)
    _names: list[str] = field(repr=False)
    _lines: list[int] = field(repr=False)
    _num_bytes: list[int] = field(repr=False)
    _labels: npt.NDArray[np.int64] = field(repr=False)
    _size: Size | None = None

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._paths)

    def read(self, start: int, stop: int) -> Arrays:
        """Decode the images of rows `start` up to `stop`.

        Returns:
            ``image``: uint8 ``(stop - start, height, width, channels)``; ``label``: int64 ``(stop - start,)``.

        Raises:
            UnreadableError: Some images are missing, damaged or of another size than the
                first; one problem for each, with its line in the CSV.
        """
        shape = self.fields["image"].shape
        images = np.empty((stop - start, *shape), np.uint8)
        faults: dict[int, Problem] = {}
        for index in range(start, stop):
            try:
                image = decode_image(self._content(index), channels=shape[2], size=self._size)
            except DataError as error:
                faults[index] = self._placed(index, error)
                continue
            if image.shape == shape:
                images[index - start] = image
            else:
                faults[index] = self._other_size(index, image.shape)
        if faults:
            raise UnreadableError(faults)
        return {"image": images, "label": self._labels[start:stop].copy()}

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all rows, as indices into `classes`. Shape ``(len(self),)``."""
        return self._labels

    def name_of(self, index: int) -> str:
        """The image's path as the CSV writes it."""
        return self._names[index]

    def line_of(self, index: int) -> int:
        """The line of the CSV that the row starts at, from 1."""
        return self._lines[index]

    def file_bytes(self) -> npt.NDArray[np.int64]:
        """Size of each row's file in bytes. Shape ``(len(self),)``."""
        return np.array(self._num_bytes, np.int64)

    def _content(self, index: int) -> bytes:
        return read_regular(os.path.join(self._root, self._paths[index]))  # noqa: PTH118 bytes, and many

    def _placed(self, index: int, error: DataError) -> Problem:
        (problem,) = error.problems
        message = f"{shown(self._names[index])}: {problem.message}"
        return Problem(problem.code, message, Place(self.describe, self._lines[index]), hint=problem.hint)

    def _other_size(self, index: int, shape: tuple[int, ...]) -> Problem:
        height, width, _ = self.fields["image"].shape
        size = str(height) if height == width else f"[{height}, {width}]"
        message = (
            f"{shown(self._names[index])}: expected {height} x {width} pixels (height x width) "
            f"like the first image, received {shape[0]} x {shape[1]}"
        )
        place = Place(self.describe, self._lines[index])
        return Problem("data/image-size", message, place, hint=f"`size: {size}` in the source resizes all images")


def load_csv(
    path: Path, *, columns: tuple[str | None, str | None], delimiter: str, size: Size | None, color: Color,
    allow_outside: bool,
) -> CsvRecords:  # fmt: skip
    """Read and check a CSV, find its files, and decode the first image.

    Args:
        path: The CSV.
        columns: Names of the columns of image paths and labels; None for the defaults.
        delimiter: The character between values.
        size: Height and width to stretch images to; None if all have the first's.
        color: ``auto`` is gray if the first image is, else RGB.
        allow_outside: Whether images may lie out of the CSV's folder.

    Raises:
        DataError: The CSV, its paths, its labels or the first image are at fault.
    """
    table = read_table(path, delimiter=delimiter)
    image_column = table.pick(columns[0], IMAGE_COLUMNS, "image_column")
    label_column = table.pick(columns[1], LABEL_COLUMNS, "label_column")
    names = table.column(image_column)
    _check_names(path, names, table.lines)
    labels = checked_labels(path, label_column, table.column(label_column), table.lines)
    files = find_files(path, names, table.lines, allow_outside=allow_outside)
    warnings = _duplicates(path, files.paths, names, labels, table.lines)
    shape = _first_shape(path, files, names, table.lines, size, color)
    classes = class_names(labels)
    indices = {name: index for index, name in enumerate(classes)}
    return CsvRecords(
        fields={"image": Field("uint8", shape), "label": Field("int64", ())},
        classes=classes,
        key=_key(files, labels, shape, size),
        describe=str(path),
        warnings=warnings,
        columns={name: table.column(name) for name in table.columns},
        _root=files.root,
        _paths=files.paths,
        _names=names,
        _lines=table.lines,
        _num_bytes=files.num_bytes,
        _labels=np.array([indices[label] for label in labels], np.int64),
        _size=size,
    )


def _check_names(path: Path, names: Sequence[str], lines: Sequence[int]) -> None:
    faults = [(line, "no path") for name, line in zip(names, lines, strict=True) if not name.strip()]
    if faults:
        message = f"expected an image path in every row, received none in {len(faults):,} of {len(names):,}"
        raise rows_error("data/csv-path", message, faults, csv_path=path)


def _duplicates(
    path: Path, files: Sequence[bytes], names: Sequence[str], labels: Sequence[str], lines: Sequence[int]
) -> tuple[str, ...]:
    first: dict[bytes, int] = {}
    same: list[tuple[int, str]] = []
    differing: list[tuple[int, str]] = []
    for index, file in enumerate(files):
        earlier = first.setdefault(file, index)
        if earlier == index:
            continue
        if labels[earlier] == labels[index]:
            same.append((lines[index], f"{shown(names[index])}, as in line {lines[earlier]}"))
        else:
            described = f"{shown(labels[index])}, but {shown(labels[earlier])} in line {lines[earlier]}"
            differing.append((lines[index], f"{shown(names[index])} is {described}"))
    if differing:
        message = f"expected one label for an image, received different ones for {len(differing):,} rows"
        raise rows_error("data/csv-label", message, differing, csv_path=path)
    if not same:
        return ()
    return (f"{path}: {len(same):,} rows name an image that an earlier row has; all are used{listing(same)}",)


def _first_shape(
    path: Path, files: Files, names: Sequence[str], lines: Sequence[int], size: Size | None, color: Color
) -> tuple[int, int, int]:
    """Shape of the first image that can be decoded; reading reports those that can't."""
    faults = []
    for file, name, line in zip(files.paths[:_MAX_FIRST_TRIES], names, lines, strict=False):
        try:
            data = read_regular(os.path.join(files.root, file))  # noqa: PTH118 bytes
            channels = 1 if color == "gray" or (color == "auto" and is_gray(data)) else 3
            height, width, _ = decode_image(data, channels=channels, size=size).shape
        except DataError as error:
            faults.append((line, f"{shown(name)}: {error.problems[0].message}"))
        else:
            return height, width, channels
    message = f"none of the first {len(faults)} images can be read"
    raise rows_error("data/damaged-image", message, faults, csv_path=path)


def _key(files: Files, labels: Sequence[str], shape: tuple[int, int, int], size: Size | None) -> str:
    digest = hashlib.sha256(repr((_KEY_VERSION, shape, size)).encode())
    for row in zip(labels, files.paths, files.num_bytes, files.mtimes, strict=True):
        digest.update(repr(row).encode())
    return digest.hexdigest()
