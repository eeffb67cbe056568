"""The first batches of each epoch, to try something out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from shapenet.data.stream.batches import AnyBatches


def limited(batches: AnyBatches, most: int | None) -> AnyBatches:
    """Batches whose epochs end after so many; each epoch still begins with others, where it is shuffled.

    Args:
        batches: The batches.
        most: How many an epoch has at most; None for all.
    """
    if most is None or most >= len(batches):
        return batches
    return cast("AnyBatches", _Limited(batches, most))


class _Limited:
    """Stands in for batches, and passes on all that it does not shorten."""

    def __init__(self, batches: AnyBatches, most: int) -> None:
        self._batches = batches
        self._most = most

    def __len__(self) -> int:
        return self._most

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # what asks whether batches are streamed means those within
        return type(self._batches)

    @property
    def num_records(self) -> int:
        """Records that an epoch gives, unless it ends on batches that are not full."""
        return min(self._batches.num_records, self._most * self._batches.batch_size)

    @property
    def epoch(self) -> int:
        """Number of the epoch that the next iteration gives, from 0."""
        return self._batches.epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._batches.epoch = epoch

    def groups(self, batches_per_group: int, *start: int) -> Iterator[Any]:
        """The groups of the batches within, up to the last batch that counts; `start` is theirs too."""
        left = self._most - sum(start)
        for group in self._batches.groups(batches_per_group, *start):
            if left <= 0:
                return
            kept = {name: values[:left] for name, values in group.items()}
            left -= len(next(iter(kept.values())))
            yield kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batches, name)
