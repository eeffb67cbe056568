"""The order of an epoch: a pure function of the seed and the epoch's number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def epoch_order(num_records: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """A permutation that depends on nothing but its arguments.

    Args:
        num_records: How many records to order.
        seed: The experiment's seed.
        epoch: Number of the epoch, from 0.

    Returns:
        Shape ``(num_records,)``.
    """
    return _generator(seed, epoch).permutation(num_records)


def oversampled_order(labels: npt.NDArray[np.int64], seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """An order that has every class as often as the largest; it depends on nothing but its arguments.

    Every record of the largest class stands in it once. Those of another class stand in it
    equally often, but for one more of some, which are others in each epoch.

    Args:
        labels: The label of each record, shape ``(n,)``.
        seed: The experiment's seed.
        epoch: Number of the epoch, from 0.

    Returns:
        Positions, shape ``(oversampled_length(labels),)``.
    """
    generator = _generator(seed, epoch)
    by_class = np.split(np.argsort(labels, kind="stable"), np.cumsum(np.bincount(labels))[:-1])
    most = max(len(positions) for positions in by_class)
    drawn = [np.resize(generator.permutation(positions), most) for positions in by_class if len(positions)]
    return generator.permutation(np.concatenate(drawn))


def oversampled_length(labels: npt.NDArray[np.int64]) -> int:
    """Records in an `oversampled_order`: the largest class's count for each class that there is."""
    counts = np.bincount(labels)
    return int(np.count_nonzero(counts) * counts.max())


def _generator(seed: int, epoch: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, epoch]))
