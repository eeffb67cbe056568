"""What is looked at: a data set, whole or divided into splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shapenet.data.batches import Split
from shapenet.data.dataset import Dataset
from shapenet.data.records import Records
from shapenet.data.store import Store
from shapenet.errors import DataError, Problem
from shapenet.fields import Field

ALL = "all"
"""Name of the one split of a data set that no config divides."""


@dataclass(frozen=True)
class Subject:
    """A data set that can be looked at.

    Attributes:
        described: What to call it.
        classes: Class names in label order.
        splits: Its records that can be read; one split `ALL` if no config divides them.
        records: The source of each split.
        problems: What kept the data from being divided as the config asks.
    """

    described: str
    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    records: Mapping[str, Records]
    problems: tuple[Problem, ...] = ()

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
        stores = (split.store for split in self.splits.values())
        return tuple({store.folder: store for store in stores if isinstance(store, Store)}.values())

    @property
    def num_records(self) -> int:
        """How many records the sources have, those that can't be read among them."""
        return sum(map(len, self.stores))

    @property
    def faults(self) -> tuple[str, ...]:
        """Why records can't be read, one text each; they are in no split."""
        return tuple(why for store in self.stores for why in store.meta.bad.values())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the sources say, and what was noted while they were read."""
        said = [text for records in self.records.values() for text in records.warnings]
        noted = [
            f"{store.meta.described}: {count:,} images {what}"
            for store in self.stores
            for what, count in store.meta.notes.items()
        ]
        return tuple(dict.fromkeys([*said, *noted]))

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


def whole(records: Records, store: Store, problems: tuple[Problem, ...] = ()) -> Subject:
    """A source that is not divided.

    Args:
        records: The source.
        store: Its packed store.
        problems: Why it is not divided, if it should be.
    """
    good = store.good()
    split = Split(store, good, store["label"][good])
    return Subject(records.describe, records.classes, {ALL: split}, {ALL: records}, problems)


def divided(dataset: Dataset, described: str) -> Subject:
    """The data of an experiment.

    Args:
        dataset: Its splits.
        described: What to call it.
    """
    return Subject(described, dataset.classes, dataset.splits, dataset.records)
