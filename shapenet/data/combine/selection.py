"""Some of the records of a source, by position, by number or by what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shapenet.data.combine.gather import read_ranges, runs_of
from shapenet.data.files.faults import shown
from shapenet.data.records import Arrays, Records
from shapenet.data.stream.store import part_bounds
from shapenet.errors import DataError, Place, did_you_mean
from shapenet.fields import Field

LABEL = "label"
"""The column that holds each record's class."""

_MOST_NAMED = 10


class SelectedRecords:
    """Some records of a source; see `shapenet.data.records.Records`.

    Args:
        source: The source.
        positions: Of the records to keep, int64 ``(n,)``, rising.
        described: Which they are, in words.
        drop_classes: Whether to leave out classes of which no record is kept.

    Attributes:
        bounds: Where what is left of each part starts; see `shapenet.data.stream.store.Parted`.
    """

    def __init__(
        self, source: Records, positions: npt.NDArray[np.int64], described: str, *, drop_classes: bool = False
    ) -> None:
        self._source = source
        self._positions = positions
        labels = source.label_of()[positions]
        kept = np.unique(labels) if drop_classes and source.classes else np.arange(len(source.classes))
        self._labels: npt.NDArray[np.int64] = np.searchsorted(kept, labels).astype(np.int64)
        self.bounds: Sequence[int] = np.searchsorted(positions, part_bounds(source)).tolist()
        self.fields: Mapping[str, Field] = source.fields
        self.classes: tuple[str, ...] = tuple(source.classes[index] for index in kept)
        identity = repr(("selected-1", source.key, self.classes)).encode()
        self.key = hashlib.sha256(identity + positions.tobytes()).hexdigest()
        self.describe = f"{source.describe} ({described})"
        self.warnings: tuple[str, ...] = source.warnings
        self.columns: Mapping[str, Sequence[str]] = {
            name: [values[position] for position in positions] for name, values in source.columns.items()
        }

    def __len__(self) -> int:
        """Number of records kept."""
        return len(self._positions)

    def read(self, start: int, stop: int) -> Arrays:
        """The kept records from `start` up to `stop`, in as few reads as they allow; see `Records.read`."""
        runs = runs_of(self._positions[start:stop])
        values = read_ranges(((self._source, *run) for run in runs), self.fields, start)
        return {**values, "label": self._labels[start:stop].copy()}

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of the kept records. Shape ``(len(self),)``."""
        return self._labels

    def name_of(self, index: int) -> str:
        """What the source calls the record."""
        return self._source.name_of(int(self._positions[index]))


def take_records(source: Records, count: int | None, skip: int) -> SelectedRecords:
    """The `count` records that follow the first `skip`.

    Args:
        source: The source.
        count: How many; None for all that follow.
        skip: How many to pass over.

    Raises:
        DataError: There are fewer.
    """
    left = len(source) - skip
    if left < (count or 1):
        message = f"expected {count or 1:,} records after the first {skip:,}, received {max(left, 0):,}"
        raise DataError("data/take", message, place=Place(source.describe))
    number = left if count is None else count
    return SelectedRecords(source, np.arange(skip, skip + number), f"{number:,} records after the first {skip:,}")


def filter_records(source: Records, column: str, values: Sequence[str], *, keep: bool) -> SelectedRecords:
    """The records whose value in a column is one of `values`, or none of them.

    Args:
        source: The source.
        column: ``label`` for the class, or one of the source's columns.
        values: Values that stand in the column.
        keep: Whether records with these values are kept; if not, they are left out.

    Raises:
        DataError: There is no such column, no record has one of the values, or none is left.
    """
    place = Place(source.describe)
    texts = _column(source, column)
    known = set(source.classes) if column == LABEL else set(texts)
    unknown = [value for value in values if value not in known]
    if unknown:
        message = f"no record has {', '.join(map(shown, unknown[:_MOST_NAMED]))} in the column {column}"
        raise DataError("data/filter", message, place=place, hint=did_you_mean(unknown[0], known))
    chosen = known & set(values) if keep else known - set(values)
    positions = np.flatnonzero(np.fromiter((text in chosen for text in texts), bool, len(texts)))
    if not len(positions):
        raise DataError("data/filter", f"the filter on the column {column} leaves no record", place=place)
    described = f"{column} {'in' if keep else 'not in'} {', '.join(values[:_MOST_NAMED])}"
    return SelectedRecords(source, positions, described, drop_classes=True)


def _column(source: Records, name: str) -> Sequence[str]:
    if name == LABEL and not source.classes:
        message = "expected labels to filter by, found none"
        hint = f"filter by one of its columns: {', '.join(map(shown, source.columns))}" if source.columns else None
        raise DataError("data/filter", message, place=Place(source.describe), hint=hint)
    if name == LABEL:
        return [source.classes[label] for label in source.label_of()]
    if name not in source.columns:
        message = f"expected the column {shown(name)}, found {', '.join([LABEL, *map(shown, source.columns)])}"
        hint = did_you_mean(name, [LABEL, *source.columns])
        raise DataError("data/filter", message, place=Place(source.describe), hint=hint)
    return source.columns[name]
