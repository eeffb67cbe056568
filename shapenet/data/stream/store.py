"""Records that are read when they are asked for, in the form of a packed store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from shapenet.data.ragged import Ragged
from shapenet.data.records import Records
from shapenet.data.store import CONTENT, StoreMeta
from shapenet.errors import ConfigError

_PART_RECORDS = 256


@runtime_checkable
class Parted(Protocol):
    """Records that lie in parts, such as shards, best read onward one by one.

    Attributes:
        bounds: Where each part starts, and where the last one ends.
    """

    bounds: Sequence[int]


def part_bounds(records: Records) -> Sequence[int]:
    """Where each part of some records starts, and where the last one ends; what has no parts is cut into some."""
    if isinstance(records, Parted):
        return records.bounds
    return [*range(0, len(records), _PART_RECORDS), len(records)]


class StreamStore:
    """Stands where a `shapenet.data.store.Store` would, without a copy on disk.

    Images are told apart by their source and position: without reading them all, nobody
    knows which are equal.

    Args:
        records: What is streamed.

    Attributes:
        records: The same.
        meta: As in a store.
        bounds: As in `Parted`; sources without parts are cut into some.

    Raises:
        ConfigError: The images' sizes vary.
    """

    def __init__(self, records: Records) -> None:
        if any(field.is_ragged for field in records.fields.values()):
            hint = "give the source a size, or leave stream out"
            message = "data.stream: expected images of one size, received sizes that vary"
            raise ConfigError("config/stream", message, key=("data", "stream"), hint=hint)
        self.records = records
        self.meta = StoreMeta(len(records), dict(records.fields), records.classes, records.key, records.describe)
        self.bounds: Sequence[int] = part_bounds(records)
        self._known = {"label": records.label_of(), CONTENT: _identities(records)}

    def __len__(self) -> int:
        """Number of records."""
        return len(self.records)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Labels or identities of all records.

        Raises:
            KeyError: The field is known only once it is read.
        """
        return self._known[name]

    def ragged(self, name: str) -> Ragged:
        """Nothing: streamed images are of one size.

        Raises:
            KeyError: Always.
        """
        raise KeyError(f"{name} is not ragged")

    def value(self, name: str, index: int) -> npt.NDArray[Any]:
        """One record's value of any field, read now."""
        return np.asarray(self.records.read(index, index + 1)[name][0])

    def take(self, name: str, indices: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Values of several records, read now: for a few, such as those of a preview."""
        return np.stack([self.value(name, int(index)) for index in indices])

    def good(self) -> npt.NDArray[np.int64]:
        """Positions of all records: which are bad shows when they are read."""
        return np.arange(len(self))


def _identities(records: Records) -> npt.NDArray[np.uint64]:
    source = int.from_bytes(hashlib.sha256(records.key.encode()).digest()[:8], "little")
    identities = np.empty((len(records), 2), np.uint64)
    identities[:, 0] = source
    identities[:, 1] = np.arange(len(records))
    return identities
