"""What is looked at: a data set, whole or divided into splits, and what was wrong before it could be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shapenet.data.batches import Split
from shapenet.data.dataset import Dataset, Pack
from shapenet.data.inspect.readable import ReadableRecords, find_faults
from shapenet.data.records import Field, Records
from shapenet.data.store import Store
from shapenet.errors import DataError, Problem

ALL = "all"
"""Name of the one split of a data set that no config divides."""


@dataclass(frozen=True)
class Subject:
    """A data set that can be looked at.

    Attributes:
        described: What to call it.
        classes: Class names in label order.
        splits: Its records; one split `ALL` if no config divides them.
        records: The source of each split.
        num_records: How many records the sources have, with those that can't be read.
        faults: Why records can't be read, one problem each; they are in no split.
        problems: What kept the data from being divided as the config asks.
        warnings: What the sources say themselves.
    """

    described: str
    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    records: Mapping[str, Records]
    num_records: int
    faults: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_divided(self) -> bool:
        """Whether a config says which records are trained on."""
        return ALL not in self.splits

    @property
    def image(self) -> Field:
        """Type and shape of the images."""
        return next(iter(self.splits.values())).store.meta.fields["image"]

    @property
    def stores(self) -> tuple[Store, ...]:
        """The packed stores, each once."""
        return tuple({split.store.folder: split.store for split in self.splits.values()}.values())

    def split(self, name: str) -> Split:
        """One of the splits.

        Raises:
            DataError: There is none of that name.
        """
        if name not in self.splits:
            message = f"{self.described} has no {name} split; it has {', '.join(self.splits)}"
            raise DataError("data/no-split", message, hint=f"data.split.{name} or data.{name} makes one")
        return self.splits[name]

    def name(self, split: str, position: int) -> str:
        """What a source calls the record at a position of a split."""
        return self.records[split].name_of(int(self.splits[split].indices[position]))


def whole(records: Records, store: Store, faults: Mapping[int, Problem] | None = None) -> Subject:
    """A source that no config divides.

    Args:
        records: The source, without the records that can't be read.
        store: Its packed store.
        faults: Position and problem of each record that can't be read.
    """
    split = Split(store, np.arange(len(store)), store["label"][:])
    found = tuple((faults or {}).values())
    return Subject(
        records.describe, records.classes, {ALL: split}, {ALL: records}, len(records) + len(found), found,
        warnings=records.warnings,
    )  # fmt: skip


def divided(dataset: Dataset, described: str, num_records: int, faults: tuple[Problem, ...] = ()) -> Subject:
    """The data of an experiment.

    Args:
        dataset: Its splits.
        described: What to call it.
        num_records: Records of its sources, with those that can't be read.
        faults: What can't be read.
    """
    warnings = tuple(dict.fromkeys(text for records in dataset.records.values() for text in records.warnings))
    return Subject(described, dataset.classes, dataset.splits, dataset.records, num_records, faults, warnings=warnings)


def pack_readable(records: Records, pack: Pack) -> tuple[Records, dict[int, Problem]]:
    """Pack a source, or if records of it can't be read, the others.

    Args:
        records: The source.
        pack: Turns records into a store.

    Returns:
        What is packed now, and what can't be read, by position.

    Raises:
        DataError: Nothing of it can be read, or the source is at fault as a whole.
    """
    try:
        pack(records)
    except DataError:
        faults = find_faults(records)
        if not faults or len(faults) == len(records):
            raise
        readable = ReadableRecords(records, list(faults))
        pack(readable)
        return readable, faults
    return records, {}
