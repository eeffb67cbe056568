"""Records of listed files: an image, a label, and whatever travels beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.files.faults import shown
from shapenet.data.files.fields import FileField
from shapenet.data.files.listing import Listing
from shapenet.data.images.options import DECODING
from shapenet.data.records import Arrays, UnreadableError
from shapenet.data.unreadable import OtherSize
from shapenet.errors import DataError, Problem
from shapenet.fields import Field

_KEY_VERSION = f"files-2 {DECODING}"


@dataclass(frozen=True)
class FileRecords:
    """Records whose images are files; see `shapenet.data.records.Records`.

    Attributes:
        fields: ``image``, ``label`` (int64), and those that travel beside them.
        classes: Distinct labels, numerically sorted if all are integers.
        key: Digest of labels, numbers, relative paths, sizes, times of change and options.
        describe: What lists the files.
        warnings: What is odd but does not stop us, for the user to read.
        columns: What else is listed of each image.
    """

    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    key: str
    describe: str
    warnings: tuple[str, ...]
    columns: Mapping[str, Sequence[str]] = field(repr=False)
    _listing: Listing = field(repr=False)
    _files: tuple[FileField, ...] = field(repr=False)
    _arrays: Mapping[str, npt.NDArray[Any]] = field(repr=False)

    def __len__(self) -> int:
        """Number of images."""
        return len(self._listing)

    def read(self, start: int, stop: int) -> Arrays:
        """Decode the files of the records from `start` up to `stop`; see `Records.read`.

        Raises:
            UnreadableError: Some files are missing, damaged or of another size than they
                must have; one problem for each record.
        """
        faults: dict[int, Problem] = {}
        values = {file.name: _room(file.field, stop - start) for file in self._files}
        for index in range(start, stop):
            try:
                for name, value in self._read_one(index):
                    values[name][index - start] = value
            except DataError as error:
                (problem,) = error.problems
                faults[index] = replace(problem, place=self._listing.place(index))
        if faults:
            raise UnreadableError(faults)
        return {**values, **{name: array[start:stop].copy() for name, array in self._arrays.items()}}

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all images, as indices into `classes`. Shape ``(len(self),)``."""
        return self._arrays["label"]

    def name_of(self, index: int) -> str:
        """The image's path as it is listed."""
        return self._listing.names[index]

    def file_bytes(self) -> npt.NDArray[np.int64]:
        """Size of each image's file in bytes. Shape ``(len(self),)``."""
        return np.array(self._files[0].files.num_bytes, np.int64)

    def _read_one(self, index: int) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """The values of a record's files, by field."""
        size: tuple[int, ...] | None = None
        for file in self._files:
            try:
                value = file.read(index)
            except DataError as error:
                (problem,) = error.problems
                message = f"{shown(file.names[index])}: {problem.message}"
                raise DataError([replace(problem, message=message)]) from error
            if not file.field.fits(value):
                raise _other_size(file, index, value)
            size = size or value.shape[:2]
            if value.shape[:2] != size:
                message = f"expected the image's size {_size(size)}, received {_size(value.shape)}"
                raise DataError("data/image-size", f"{shown(file.names[index])}: {message}")
            yield file.name, value


def _room(declared: Field, count: int) -> Any:
    """What takes the values of `count` records: an array, or a list where the field is ragged."""
    return [None] * count if declared.is_ragged else np.empty((count, *declared.fixed_shape), declared.dtype)


def _size(shape: Sequence[int | None]) -> str:
    return f"{shape[0]} x {shape[1]}"


def _other_size(file: FileField, index: int, value: npt.NDArray[Any]) -> DataError:
    height, width = file.field.shape[:2]
    size = str(height) if height == width else f"[{height}, {width}]"
    what, expected, received = shown(file.names[index]), _size(file.field.shape), _size(value.shape)
    message = f"{what}: expected {expected} pixels (height x width) like the first {file.name}, received {received}"
    hint = f"`size: {size}` in the source resizes all images; `size: any` lets them differ"
    problem = OtherSize(
        "data/image-size", message, hint=hint, what=what, like=file.name, expected=expected, received=received
    )
    return DataError([problem])


def key_of(
    listing: Listing, labels: Sequence[str], files: Sequence[FileField], numbers: Mapping[str, npt.NDArray[np.float32]]
) -> str:
    """Digest of everything that decides what the records hold.

    The folder's place is part of it: in two folders, files of one name, size and time of
    change may differ, as they do in unpacked archives.

    Args:
        listing: What lists them.
        labels: Label of each.
        files: Fields that are files.
        numbers: Fields that are numbers.
    """
    digest = hashlib.sha256(_KEY_VERSION.encode())
    for file in files:
        digest.update(repr((file.name, file.kind, file.field, file.options, file.files.root)).encode())
        digest.update(repr((file.files.paths, file.files.num_bytes, file.files.mtimes)).encode())
    digest.update(repr(list(labels)).encode())
    for name, values in numbers.items():
        digest.update(name.encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
