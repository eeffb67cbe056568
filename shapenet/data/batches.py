"""Batches: each one gather by index out of a memory-mapped store."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.order import epoch_order, oversampled_length, oversampled_order
from shapenet.data.store import Store


@dataclass(frozen=True)
class Split:
    """Some records of a store under the labels of the experiment.

    Attributes:
        store: Where the images are.
        indices: Which records, int64 ``(n,)``.
        labels: Their labels in the experiment's classes, int64 ``(n,)``.
    """

    store: Store
    indices: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Number of records."""
        return len(self.indices)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """``(height, width, channels)``."""
        return self.store.meta.fields["image"].shape

    @property
    def image_dtype(self) -> str:
        """NumPy's name of the images' type."""
        return self.store.meta.fields["image"].dtype

    def images(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """The images at `positions` of the split, ``(len(positions), height, width, channels)``."""
        return self.store["image"][self.indices[positions]]


@dataclass
class Batches:
    """Batches of one split.

    Attributes:
        split: The records.
        batch_size: Records in a batch; the last of an epoch may hold fewer.
        seed: Shuffles anew each epoch; None keeps the records in order.
        epoch: Number of the epoch that the next iteration gives, from 0.
        oversample: Give every class as often as the largest; needs a seed.
    """

    split: Split
    batch_size: int
    seed: int | None = None
    epoch: int = field(default=0)
    oversample: bool = False

    def __len__(self) -> int:
        """Batches in an epoch."""
        return math.ceil(self.num_records / self.batch_size)

    @cached_property
    def num_records(self) -> int:
        """Records that an epoch gives."""
        return oversampled_length(self.split.labels) if self.oversample else len(self.split)

    def groups(self, batches_per_group: int) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[np.int64]]]:
        """The batches of an epoch, several stacked at a time: one gather costs less than many.

        Args:
            batches_per_group: How many batches to stack; the last group may hold fewer,
                and a last incomplete batch is a group of its own.

        Yields:
            Images ``(batches, batch_size, height, width, channels)`` and labels
            ``(batches, batch_size)``, int64.
        """
        order = self._order()
        size, total = self.batch_size, len(order)
        full = total // size * size
        step = size * batches_per_group
        for start in range(0, full, step):
            yield self._gather(order[start : min(start + step, full)], size)
        if full < total:
            yield self._gather(order[full:], total - full)

    def _order(self) -> npt.NDArray[np.int64]:
        if self.seed is None:
            return np.arange(len(self.split))
        if self.oversample:
            return oversampled_order(self.split.labels, self.seed, self.epoch)
        return epoch_order(len(self.split), self.seed, self.epoch)

    def _gather(self, positions: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        images = self.split.images(positions)
        return images.reshape(-1, size, *images.shape[1:]), self.split.labels[positions].reshape(-1, size)
