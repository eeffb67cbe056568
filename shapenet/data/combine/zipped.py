"""Records of several sources side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shapenet.data.fieldnames import check_field_names
from shapenet.data.records import Arrays, Records, UnreadableError
from shapenet.data.stream.store import part_bounds
from shapenet.errors import DataError, Place, Problem
from shapenet.fields import Field


class ZippedRecords:
    """Records of one source with fields of others; see `shapenet.data.records.Records`.

    Args:
        source: What gives images, labels, names and columns.
        beside: Names of new fields, each with the source that gives it.

    Attributes:
        bounds: Where each part of `source` starts; see `shapenet.data.stream.store.Parted`.

    Raises:
        ConfigError: A name can't be a field's.
        DataError: The numbers of records differ, or a field is there twice.
    """

    def __init__(self, source: Records, beside: Mapping[str, Records]) -> None:
        check_field_names(beside, "beside")
        _check_lengths(source, beside)
        self._source = source
        self._beside = [(other, _renamed(name, other)) for name, other in beside.items()]
        fields = dict(source.fields)
        for other, names in self._beside:
            for old, new in names.items():
                if new in fields:
                    message = f"expected every field once, received {new} again"
                    raise DataError("data/zip-field", message, place=Place(other.describe))
                fields[new] = other.fields[old]
        self.fields: Mapping[str, Field] = fields
        self.bounds: Sequence[int] = part_bounds(source)
        self.classes: tuple[str, ...] = source.classes
        identity = repr(("zipped-1", source.key, [(name, other.key) for name, other in beside.items()]))
        self.key = hashlib.sha256(identity.encode()).hexdigest()
        self.describe = " beside ".join([source.describe, *(other.describe for other in beside.values())])
        others = [warning for other in beside.values() for warning in (*other.warnings, *_mismatch(source, other))]
        self.warnings: tuple[str, ...] = tuple(dict.fromkeys([*source.warnings, *others]))
        self.columns: Mapping[str, Sequence[str]] = source.columns

    def __len__(self) -> int:
        """Number of records, the same of all sources."""
        return len(self._source)

    def read(self, start: int, stop: int) -> Arrays:
        """The records from `start` up to `stop`, one read for each source; see `Records.read`."""
        values: Arrays = {}
        faults: dict[int, Problem] = {}
        for records, names in [(self._source, {name: name for name in self._source.fields}), *self._beside]:
            try:
                block = records.read(start, stop)
            except UnreadableError as error:
                faults = {**error.faults, **faults}
            else:
                values |= {new: block[old] for old, new in names.items()}
        if faults:
            raise UnreadableError(faults)
        return values

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of the first source. Shape ``(len(self),)``."""
        return self._source.label_of()

    def name_of(self, index: int) -> str:
        """What the first source calls the record."""
        return self._source.name_of(index)


def _renamed(name: str, records: Records) -> dict[str, str]:
    return {old: name if old == "image" else f"{name}_{old}" for old in records.fields}


def _check_lengths(source: Records, beside: Mapping[str, Records]) -> None:
    for other in beside.values():
        if len(other) != len(source):
            message = f"expected {len(source):,} records as in {source.describe}, received {len(other):,}"
            raise DataError("data/zip-length", message, place=Place(other.describe))


def _mismatch(source: Records, other: Records) -> list[str]:
    """A warning if records that stand side by side have the same classes but other labels."""
    if source.classes != other.classes:
        return []
    differing = int(np.count_nonzero(source.label_of() != other.label_of()))
    if not differing:
        return []
    both = f"{source.describe} and {other.describe}"
    return [f"{both}: {differing:,} of {len(source):,} records side by side differ in label; their order may differ"]
