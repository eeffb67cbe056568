"""The records of TFRecord shards: an image, a label and further features each."""

from __future__ import annotations

import hashlib
import itertools
import os
import weakref
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from shapenet.data.fieldnames import check_field_names
from shapenet.data.files.load import FileOptions
from shapenet.data.images.options import DECODING
from shapenet.data.labelling import label_indices, unlabelled
from shapenet.data.records import Arrays, UnreadableError, Values, unlabelled_is_borne
from shapenet.data.regular import fingerprint_of, open_regular
from shapenet.data.stream.order import CYCLE_LENGTH
from shapenet.data.tfrecord.example import Example
from shapenet.data.tfrecord.features import Asked, Layout, Raw, find_layout
from shapenet.data.tfrecord.framing import Compression, detect_compression, frame_error, read_frame_at, read_frames
from shapenet.data.tfrecord.index import open_index
from shapenet.data.tfrecord.indexing import Index, Shard, Wanted
from shapenet.data.tfrecord.shards import find_shards
from shapenet.errors import DataError, Place, Problem
from shapenet.fields import Field

_KEY_VERSION = f"tfrecord-2 {DECODING}"
_MAX_FIRST_TRIES = 10
_MAX_OPEN = CYCLE_LENGTH
"""Streaming takes turns between so many shards: each stays open until its next turn."""


@dataclass(frozen=True)
class Form:
    """Which features become which fields, and how.

    Attributes:
        image: The feature that holds the image.
        label: The feature that holds the label.
        fields: Further features.
        masks: Further features that are masks.
        columns: Features that are known of each record, for splitting and filtering.
        asked: What the user says about the image.
        classes: Class names, if the user gives them.
    """

    image: str
    label: str
    fields: tuple[str, ...]
    masks: tuple[str, ...]
    columns: tuple[str, ...]
    asked: Asked
    classes: tuple[str, ...] | None

    def features(self) -> dict[str, tuple[str, Asked]]:
        """The feature of each field besides the label, and what is asked of it."""
        further = {name: replace(self.asked, kind="any", raw=None) for name in self.fields}
        masks = {name: replace(self.asked, kind="mask", raw=None) for name in self.masks}
        return {
            "image": (self.image, self.asked),
            **{name: (name, asked) for name, asked in {**further, **masks}.items()},
        }


def asked_image(options: FileOptions, raw_shape: Sequence[str | int] | None, raw_dtype: str | None) -> Asked:
    """What the user says about the image.

    Args:
        options: How image files are decoded.
        raw_shape: Each side of raw values, or the feature that holds it; None if each record
            has its own.
        raw_dtype: Type of raw values; None as before.
    """
    raw = Raw(tuple(raw_shape) if raw_shape else None, raw_dtype) if raw_shape or raw_dtype else None
    return Asked("image", options.image, options.any_size, raw)


class TfrecordRecords:
    """Records of TFRecord shards; see `shapenet.data.records.Records`.

    Those of a compressed shard can only be reached through those before them: reading onward
    goes on where the last read of the shard ended, and reading back starts anew.

    Args:
        path: A file, a folder or a pattern.
        compression: How the files are compressed; ``auto`` looks at each.
        form: Which features become which fields.

    Attributes:
        bounds: Where each shard starts; see `shapenet.data.stream.store.Parted`.

    Raises:
        ConfigError: A further feature's name can't be a field's.
        DataError: Shards are missing, cut, damaged or compressed another way; records have no
            label; or the first ones have no image.
    """

    def __init__(self, path: Path, compression: Literal["auto"] | Compression, form: Form) -> None:
        check_field_names((*form.fields, *form.masks), "fields")
        self.describe = str(path)
        self._shards = [_shard(file, compression) for file in find_shards(path)]
        self._index = open_index(self._shards, Wanted(form.label, form.columns, not unlabelled_is_borne()))
        if not len(self._index):
            raise DataError("data/empty", "expected records, received none", place=Place(self.describe))
        self.bounds: Sequence[int] = np.cumsum([0, *self._index.counts]).tolist()
        self._open: dict[int, _DirectShard | _SequentialShard] = {}
        self.classes, self._labels = _labels(self._index, form, self.describe, self.name_of)
        self._layouts = self._find_layouts(form)
        self.fields: Mapping[str, Field] = {
            **{name: layout.field for name, layout in self._layouts.items()},
            "label": Field("int64", ()),
        }
        files = [fingerprint_of(shard.path) for shard in self._shards]
        identity = repr((_KEY_VERSION, files, form, self.classes))
        self.key = hashlib.sha256(identity.encode()).hexdigest()
        self.warnings: tuple[str, ...] = ()
        self.columns: Mapping[str, Sequence[str]] = self._index.columns

    def __len__(self) -> int:
        """Number of records of all shards."""
        return len(self._index)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    def read(self, start: int, stop: int) -> Arrays:
        """Read and decode the records from `start` up to `stop`.

        Returns:
            ``image`` and the further fields as in `fields`; ``label``: int64 ``(stop - start,)``.

        Raises:
            UnreadableError: Some are damaged, or of another form than the first; one problem
                for each, with its file and its number there.
        """
        values: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in self._layouts}
        faults: dict[int, Problem] = {}
        for index in range(start, stop):
            try:
                example = self._example(index)
                found = {name: layout.value(example) for name, layout in self._layouts.items()}
            except DataError as error:
                faults[index] = self._placed(index, error)
            else:
                for name, value in found.items():
                    values[name].append(value)
        if faults:
            raise UnreadableError(faults)
        arrays: Arrays = {name: _stacked(layout.field, values[name]) for name, layout in self._layouts.items()}
        return {**arrays, "label": self._labels[start:stop].copy()}

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all records, as indices into `classes`. Shape ``(len(self),)``."""
        return self._labels

    def name_of(self, index: int) -> str:
        """The shard's name and the record's number in it."""
        shard, number = self._position(index)
        return f"{self._shards[shard].path.name}[{number}]"

    def _position(self, index: int) -> tuple[int, int]:
        """Numbers of the record's shard, and of the record in it."""
        shard = bisect_right(self.bounds, index) - 1
        return shard, index - self.bounds[shard]

    def _example(self, index: int) -> Example:
        number, position = self._position(index)
        opened = self._open.pop(number, None)
        if opened is None or not opened.reaches(position):
            shard = self._shards[number]
            opened = _DirectShard(shard) if shard.compression == "none" else _SequentialShard(shard)
            if len(self._open) >= _MAX_OPEN:
                del self._open[next(iter(self._open))]  # the one that was read the longest time ago
        self._open[number] = opened
        return Example(opened.read(position, int(self._index.offsets[index]), int(self._index.num_bytes[index])))

    def _find_layouts(self, form: Form) -> dict[str, Layout]:
        """The layouts of the first record that can be decoded; reading reports those that can't."""
        problems = []
        for index in range(min(len(self), _MAX_FIRST_TRIES)):
            try:
                example = self._example(index)
                return {
                    name: find_layout(example, feature, asked) for name, (feature, asked) in form.features().items()
                }
            except DataError as error:
                problems.append(self._placed(index, error))
        raise DataError(problems)

    def _placed(self, index: int, error: DataError) -> Problem:
        (problem,) = error.problems
        if problem.place is not None:
            return problem
        shard, number = self._position(index)
        place = Place(str(self._shards[shard].path))
        return Problem(problem.code, f"record {number:,}: {problem.message}", place, hint=problem.hint)


class _DirectShard:
    """An open shard, any of whose records can be read."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._file = open_regular(shard.path)
        weakref.finalize(self, self._file.close)

    def reaches(self, number: int) -> bool:
        """Whether the record of that number can be read from here: always."""
        return True

    def read(self, number: int, offset: int, num_bytes: int) -> bytes:
        """The record's bytes."""
        return read_frame_at(self._file, self._shard.path, number, offset, num_bytes)


class _SequentialShard:
    """A compressed shard, read onward from its beginning."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._frames = read_frames(shard.path, shard.compression)
        self._next = 0

    def reaches(self, number: int) -> bool:
        """Whether the record of that number comes yet."""
        return number >= self._next

    def read(self, number: int, offset: int, num_bytes: int) -> bytes:
        """The record's bytes; those before it are passed over."""
        frame = next(itertools.islice(self._frames, number - self._next, None), None)
        self._next = number + 1
        if frame is None or (frame.offset, len(frame.data)) != (offset, num_bytes):
            raise frame_error(self._shard.path, number, "it is not the record that stood here: the file has changed")
        return frame.data


def _shard(path: Path, compression: Literal["auto"] | Compression) -> Shard:
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
    told = detect_compression(path) if compression == "auto" else compression
    return Shard(path, told, status.st_size, status.st_mtime_ns)


def _labels(index: Index, form: Form, described: str, name_of: Any) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    place = Place(described)
    if not index.numbers.size and not index.texts.size:
        return unlabelled(len(index))
    both = index.numbers.size > 0 and index.texts.size > 0
    classes = form.classes
    if both and classes is None:  # numbers give the order of the names
        classes = _names_of_numbers(index, place, name_of)
    values = index.texts if index.texts.size else index.numbers
    return label_indices(values, classes, place=place, where=name_of)


def _names_of_numbers(index: Index, place: Place, name_of: Any) -> tuple[str, ...]:
    names: dict[int, str] = {}
    for position, (number, text) in enumerate(zip(index.numbers.tolist(), index.texts.tolist(), strict=True)):
        if names.setdefault(number, text) != text:
            message = f"{name_of(position)}: the label {number} is called {text!r}, but {names[number]!r} before"
            raise DataError("data/label", message, place=place)
    ordered = [names[number].strip() for number in sorted(names)]
    if len(set(ordered)) < len(ordered):
        twice = next(name for name in ordered if ordered.count(name) > 1)
        raise DataError("data/label", f"expected one number for a class, {twice!r} has several", place=place)
    return tuple(ordered)


def _stacked(field: Field, values: list[npt.NDArray[Any]]) -> Values:
    if field.is_ragged:
        return values
    return np.stack(values) if values else np.empty((0, *field.fixed_shape), field.dtype)
