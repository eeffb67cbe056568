"""The records of several sources, one source after another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shapenet.data.combine.gather import Range, read_ranges
from shapenet.data.records import Arrays, Records
from shapenet.data.stream.store import part_bounds
from shapenet.errors import DataError, Place
from shapenet.fields import Field


class JoinedRecords:
    """Records of several sources in a row; see `shapenet.data.records.Records`.

    Args:
        sources: At least one.

    Attributes:
        bounds: Where each part of each source starts; see `shapenet.data.stream.store.Parted`.

    Raises:
        DataError: Their fields differ.
    """

    def __init__(self, sources: Sequence[Records]) -> None:
        for source in sources[1:]:
            _check_fields(sources[0], source)
        self._sources = tuple(sources)
        self._starts = np.cumsum([0, *map(len, sources)])
        starts = self._starts.tolist()
        parts = [
            start + bound for source, start in zip(sources, starts, strict=False) for bound in part_bounds(source)[:-1]
        ]
        self.bounds: Sequence[int] = [*parts, len(self)]
        self.fields: Mapping[str, Field] = sources[0].fields
        self.classes: tuple[str, ...] = tuple(dict.fromkeys(name for source in sources for name in source.classes))
        self._labels: npt.NDArray[np.int64] = np.concatenate([self._relabelled(source) for source in sources])
        identity = repr(("joined-1", [(source.key, source.classes) for source in sources]))
        self.key = hashlib.sha256(identity.encode()).hexdigest()
        self.describe = " + ".join(source.describe for source in sources)
        self.warnings: tuple[str, ...] = tuple(dict.fromkeys(w for source in sources for w in source.warnings))
        common = [name for name in sources[0].columns if all(name in source.columns for source in sources)]
        self.columns: Mapping[str, Sequence[str]] = {
            name: [value for source in sources for value in source.columns[name]] for name in common
        }

    def __len__(self) -> int:
        """Number of records of all sources."""
        return int(self._starts[-1])

    def read(self, start: int, stop: int) -> Arrays:
        """The records from `start` up to `stop`, one read for each source that has some; see `Records.read`."""
        values = read_ranges(self._ranges(start, stop), self.fields, start)
        return {**values, "label": self._labels[start:stop].copy()}

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all records, as indices into the joined classes. Shape ``(len(self),)``."""
        return self._labels

    def name_of(self, index: int) -> str:
        """What its source calls the record."""
        number = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self._sources[number].name_of(index - int(self._starts[number]))

    def _ranges(self, start: int, stop: int) -> Iterator[Range]:
        for source, first, last in zip(self._sources, self._starts[:-1], self._starts[1:], strict=True):
            low, high = max(start, int(first)), min(stop, int(last))
            if low < high:
                yield source, low - int(first), high - int(first)

    def _relabelled(self, source: Records) -> npt.NDArray[np.int64]:
        if not source.classes:
            return source.label_of()
        indices = {name: index for index, name in enumerate(self.classes)}
        return np.array([indices[name] for name in source.classes], np.int64)[source.label_of()]


def _check_fields(first: Records, other: Records) -> None:
    if dict(first.fields) == dict(other.fields):
        return
    message = f"expected the fields of {first.describe}: {_described(first)}; received {_described(other)}"
    hint = None
    if first.fields.keys() == other.fields.keys() and first.fields["image"] != other.fields["image"]:
        hint = "give all sources the same size and color"
    raise DataError("data/concat-fields", message, place=Place(other.describe), hint=hint)


def _described(records: Records) -> str:
    texts = (f"{name} {field.dtype} {_shape(field)}" for name, field in records.fields.items())
    return ", ".join(texts)


def _shape(field: Field) -> str:
    return " x ".join("any" if side is None else str(side) for side in field.shape) or "number"
