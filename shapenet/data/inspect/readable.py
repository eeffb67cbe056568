"""The records of a source that can be read, where some can't."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Arrays, Field, Records, UnreadableError
from shapenet.data.workers import blocks_of, run_blocks
from shapenet.errors import Problem

_BLOCK = 64


@runtime_checkable
class HasFileSizes(Protocol):
    """Records that may be files of their own."""

    def file_bytes(self) -> npt.NDArray[np.int64] | None:
        """Size of each record's file in bytes, int64 ``(records,)``; None if there is no such thing."""
        ...


def find_faults(records: Records) -> dict[int, Problem]:
    """Position and problem of every record that can't be read; reads them all, in parallel.

    Raises:
        MachineError: A worker was killed.
    """
    blocks = blocks_of(len(records), _BLOCK)
    faults: dict[int, Problem] = {}
    with closing(run_blocks(_faults_of, (records,), blocks, None)) as found:
        for _, some in found:
            faults.update(some)
    return dict(sorted(faults.items()))


def _faults_of(records: Records, start: int, stop: int) -> dict[int, Problem]:
    try:
        records.read(start, stop)
    except UnreadableError as error:
        return error.faults
    return {}


class ReadableRecords:
    """A source without the records that can't be read; see `shapenet.data.records.Records`.

    Args:
        records: The source.
        faults: Positions that can't be read.

    Attributes:
        fields: The source's own, and so are the others; `key` tells which records are left out.
    """

    def __init__(self, records: Records, faults: Sequence[int]) -> None:
        self._records = records
        self._positions = np.setdiff1d(np.arange(len(records)), np.array(faults, np.int64))
        self.fields: Mapping[str, Field] = records.fields
        self.classes = records.classes
        self.key = _key(records.key, self._positions)
        self.describe = records.describe
        self.warnings = records.warnings
        self.columns: Mapping[str, Sequence[str]] = {
            name: [values[position] for position in self._positions] for name, values in records.columns.items()
        }

    def __len__(self) -> int:
        """Number of records that can be read."""
        return len(self._positions)

    def read(self, start: int, stop: int) -> Arrays:
        """The records from `start` up to `stop` of those that can be read."""
        positions = self._positions[start:stop]
        runs = np.split(positions, np.flatnonzero(np.diff(positions) != 1) + 1)
        parts = [self._records.read(int(run[0]), int(run[-1]) + 1) for run in runs]
        return {
            name: [value for part in parts for value in part[name]]
            if field.is_ragged
            else np.concatenate([np.asarray(part[name]) for part in parts])
            for name, field in self.fields.items()
        }

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of the records that can be read."""
        labels: npt.NDArray[np.int64] = self._records.label_of()[self._positions]
        return labels

    def name_of(self, index: int) -> str:
        """What the source calls the record."""
        return self._records.name_of(int(self._positions[index]))

    def file_bytes(self) -> npt.NDArray[np.int64] | None:
        """Size of each record's file in bytes; None if the source does not know."""
        if not isinstance(self._records, HasFileSizes):
            return None
        num_bytes = self._records.file_bytes()
        return None if num_bytes is None else num_bytes[self._positions]


def _key(key: str, positions: npt.NDArray[np.int64]) -> str:
    return hashlib.sha256(f"readable-1 {key} ".encode() + positions.tobytes()).hexdigest()
