"""The order of a streamed epoch: parts interleaved, then shuffled within a bounded window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from shapenet.data.order import epoch_order

Positions = npt.NDArray[np.int64]

CYCLE_LENGTH = 16
"""So many parts are open at a time, as in ``tf.data.Dataset.interleave``."""

BLOCK_LENGTH = 32
"""So many records are taken from a part before the next one's turn."""


def interleaved(bounds: Sequence[int], seed: int | None, epoch: int) -> Iterator[range]:
    """Every record of every part, in runs of neighbours; each part is read onward only.

    Args:
        bounds: Where each part starts, and where the last one ends.
        seed: Shuffles the parts; None keeps their order.
        epoch: Number of the epoch, from 0.

    Yields:
        Ranges of at most `BLOCK_LENGTH` records of one part.
    """
    num_parts = len(bounds) - 1
    if seed is None:
        yield from (run for part in range(num_parts) for run in _runs(bounds[part], bounds[part + 1]))
        return
    waiting = iter(epoch_order(num_parts, seed, epoch).tolist())
    open_parts = [_runs(bounds[part], bounds[part + 1]) for part in islice(waiting, CYCLE_LENGTH)]
    turn = 0
    while open_parts:
        turn %= len(open_parts)
        run = next(open_parts[turn], None)
        if run is not None:
            yield run
            turn += 1
        elif (part := next(waiting, None)) is not None:
            open_parts[turn] = _runs(bounds[part], bounds[part + 1])
        else:
            del open_parts[turn]


def windows(runs: Iterator[range], used: npt.NDArray[np.bool_], size: int) -> Iterator[Positions]:
    """Cut a stream of runs into windows of at most `size` records, those of others passed over.

    Args:
        runs: What `interleaved` yields.
        used: For each record whether it is wanted.
        size: Records in a window; only the last one has fewer.

    Yields:
        Positions of records in the order of the stream.
    """
    pending: list[Positions] = []
    count = 0
    for run in runs:
        wanted = np.arange(run.start, run.stop)[used[run.start : run.stop]]
        pending.append(wanted)
        count += len(wanted)
        while count >= size:
            joined = np.concatenate(pending)
            yield joined[:size]
            pending, count = [joined[size:]], count - size
    if count:
        yield np.concatenate(pending)


def window_order(size: int, seed: int | None, epoch: int, window: int) -> Positions:
    """The order of the records of a window: a function of its arguments alone.

    Args:
        size: Records in the window.
        seed: The experiment's seed; None keeps the order.
        epoch: Number of the epoch, from 0.
        window: Number of the window in the epoch, from 0.
    """
    if seed is None:
        return np.arange(size)
    key = np.random.SeedSequence((seed, epoch, window)).generate_state(2, np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).permutation(size)


def _runs(start: int, stop: int) -> Iterator[range]:
    return (range(first, min(first + BLOCK_LENGTH, stop)) for first in range(start, stop, BLOCK_LENGTH))
