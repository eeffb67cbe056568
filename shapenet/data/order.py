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
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(num_records)
