"""Batches: each one gather by index out of a memory-mapped store."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.order import epoch_order, oversampled_length, oversampled_order
from shapenet.data.store import RecordStore
from shapenet.errors import DataError

Positions = npt.NDArray[np.int64]
"""Positions of records in a split."""


@dataclass(frozen=True)
class Split:
    """Some records of a store under the labels of the experiment.

    Attributes:
        store: Where the images are.
        indices: Which records, int64 ``(n,)``.
        labels: Their labels in the experiment's classes, int64 ``(n,)``.
    """

    store: RecordStore
    indices: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Number of records."""
        return len(self.indices)

    @property
    def image_shape(self) -> tuple[int | None, ...]:
        """``(height, width, channels)``; None where sides vary."""
        return self.store.meta.fields["image"].shape

    @property
    def image_dtype(self) -> str:
        """NumPy's name of the images' type."""
        return self.store.meta.fields["image"].dtype

    @property
    def is_ragged(self) -> bool:
        """Whether the images' sizes vary."""
        return self.store.meta.fields["image"].is_ragged

    def take(self, field: str, positions: Positions) -> npt.NDArray[Any]:
        """Values of a field at `positions` of the split, ``(len(positions), *shape)``; labels are the experiment's.

        Raises:
            DataError: They differ in shape.
        """
        if field == "label":
            return self.labels[positions]
        try:
            return self.store.take(field, self.indices[positions])
        except ValueError as error:
            message = f"{self.store.meta.described}: expected {field!r} to be of one size where images are"
            raise DataError("data/field-size", f"{message}, received: {error}") from error

    def images(self, positions: Positions) -> npt.NDArray[Any]:
        """The images at `positions` of the split, which are of one size; see `take`."""
        return self.take("image", positions)

    def image_list(self, positions: Positions) -> list[npt.NDArray[Any]]:
        """The images at `positions` of the split, each in its own size."""
        return [self.store.value("image", int(index)) for index in self.indices[positions]]

    def sizes(self) -> npt.NDArray[np.int64]:
        """For each record of ragged images a number that is equal where they are of one size, from 0."""
        shapes = self.store.ragged("image").shapes[self.indices]
        return np.asarray(np.unique(shapes, axis=0, return_inverse=True)[1], np.int64).reshape(-1)


@dataclass
class Batches:
    """Batches of one split; the images of a batch are of one size.

    Attributes:
        split: The records.
        batch_size: Records in a batch; the last of an epoch may hold fewer, and so may the
            last of each size where sizes vary.
        seed: Shuffles anew each epoch; None keeps the records in order.
        epoch: Number of the epoch that the next iteration gives, from 0.
        oversample: Give every class as often as the largest; needs a seed, and images of one size.
        fields: Which fields a batch holds.
        most: The most batches that an epoch has, to try something out: its first; None for all.
    """

    split: Split
    batch_size: int
    seed: int | None = None
    epoch: int = 0
    oversample: bool = False
    fields: Sequence[str] = ("image", "label")
    most: int | None = None

    def __post_init__(self) -> None:
        self._sizes = self.split.sizes() if self.split.is_ragged else None

    def __len__(self) -> int:
        """Batches in an epoch."""
        counts = [self._most_records] if self._sizes is None else np.bincount(self._sizes).tolist()
        number = sum(math.ceil(count / self.batch_size) for count in counts)
        return number if self.most is None else min(number, self.most)

    @property
    def num_records(self) -> int:
        """Records that an epoch gives, unless it ends early on batches that are not full."""
        return min(self._most_records, len(self) * self.batch_size)

    @cached_property
    def _most_records(self) -> int:
        return oversampled_length(self.split.labels) if self.oversample else len(self.split)

    def groups(self, batches_per_group: int, start: int = 0) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """The batches of an epoch, several stacked at a time: one gather costs less than many.

        Args:
            batches_per_group: How many batches to stack; the last group may hold fewer,
                and an incomplete batch is a group of its own.
            start: How many batches of the epoch to leave out at its beginning.

        Yields:
            The values of each of the fields, ``(batches, batch_size, *shape)``.
        """
        groups = self._groups(batches_per_group, start)
        taken = (
            {name: stacked(self.split.take(name, positions), size) for name in self.fields}
            for positions, size in groups
        )
        yield from first_batches(taken, len(self) - start)

    def positions(self) -> Positions:
        """Positions of the records of an epoch in the order in which `groups` gives them, int64."""
        return np.concatenate([positions for positions, _ in islice(self._groups(1, 0), len(self))])

    def _groups(self, batches_per_group: int, start: int) -> Iterator[tuple[Positions, int]]:
        """Positions of each group's records, and the size of its batches."""
        order = self._order()
        if self._sizes is None:
            yield from _cut(order[start * self.batch_size :], self.batch_size, batches_per_group)
            return
        sizes = self._sizes[order]
        one_size = [order[sizes == size] for size in range(int(sizes.max(initial=-1)) + 1)]
        batches = [batch for records in one_size for batch in _cut(records, self.batch_size, 1)]
        # Sizes must come mixed, or an epoch would end on the largest images alone.
        mixed = range(len(batches)) if self.seed is None else epoch_order(len(batches), self.seed, self.epoch).tolist()
        yield from (batches[number] for number in mixed[start:])

    def _order(self) -> Positions:
        if self.seed is None:
            return np.arange(len(self.split))
        if self.oversample:
            return oversampled_order(self.split.labels, self.seed, self.epoch)
        return epoch_order(len(self.split), self.seed, self.epoch)


def first_batches(groups: Iterator[dict[str, npt.NDArray[Any]]], number: int) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Groups of batches up to a number of batches."""
    while number > 0 and (group := next(groups, None)) is not None:
        kept = {name: values[:number] for name, values in group.items()}
        number -= len(next(iter(kept.values())))
        yield kept


def stacked(values: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """Values of records as those of batches.

    Args:
        values: ``(batches * size, *shape)``.
        size: Records in a batch.

    Returns:
        ``(batches, size, *shape)``.
    """
    return values.reshape(-1, size, *values.shape[1:])


def _cut(
    order: npt.NDArray[np.int64], size: int, batches_per_group: int
) -> Iterator[tuple[npt.NDArray[np.int64], int]]:
    """Groups of whole batches, then what is left."""
    full = len(order) // size * size
    for start in range(0, full, size * batches_per_group):
        yield order[start : min(start + size * batches_per_group, full)], size
    if full < len(order):
        yield order[full:], len(order) - full
