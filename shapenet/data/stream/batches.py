"""Batches of streamed records: windows are read by worker processes while the last one is used."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.batches import Batches, Split, first_batches, stacked
from shapenet.data.records import Arrays, Records
from shapenet.data.stream.order import Positions, interleaved, window_order, windows
from shapenet.data.stream.store import StreamStore
from shapenet.data.workers import available_cores, run_in_worker, start_workers, worker_errors
from shapenet.errors import ShapenetError
from shapenet.interruption import signals_held

_WINDOW_BYTES = 64 << 20


@dataclass
class StreamedBatches:
    """Batches of one split that is not packed; see `shapenet.data.batches.Batches`.

    At most two windows are held: the one that batches are taken from, and the next.

    Attributes:
        split: The records.
        batch_size: Records in a batch; the last of an epoch may hold fewer.
        seed: Shuffles anew each epoch; None keeps the records in order.
        window: Records that are shuffled at a time; None for as many as make 64 MB.
        epoch: Number of the epoch that the next iteration gives, from 0.
        fields: Which fields a batch holds.
        most: The most batches that an epoch has, to try something out: its first; None for all.
        fault: What stopped the reading, if anything did: TensorFlow lets no error of ours through.
    """

    split: Split
    batch_size: int
    seed: int | None = None
    window: int | None = None
    epoch: int = 0
    fields: Sequence[str] = ("image", "label")
    most: int | None = None
    fault: ShapenetError | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        store = self.split.store
        if not isinstance(store, StreamStore):
            raise TypeError(f"expected streamed records, received {type(store).__name__}")
        self._store = store
        image = store.meta.fields["image"]
        num_bytes = np.dtype(image.dtype).itemsize * math.prod(image.fixed_shape)
        wanted = self.window or max(1, _WINDOW_BYTES // num_bytes)
        self._window = math.ceil(wanted / self.batch_size) * self.batch_size
        self._read = tuple(name for name in self.fields if name != "label")
        self._readers: list[ProcessPoolExecutor] = []
        self._labels = np.zeros(len(store), np.int64)
        self._labels[self.split.indices] = self.split.labels
        self._used = np.zeros(len(store), np.bool_)
        self._used[self.split.indices] = True
        self._place = np.zeros(len(store), np.int64)
        self._place[self.split.indices] = np.arange(len(self.split))

    def close(self) -> None:
        """End the processes that read; another epoch would start new ones."""
        for reader in self._readers:
            reader.shutdown(cancel_futures=True)
        self._readers = []

    def __len__(self) -> int:
        """Batches in an epoch."""
        number = math.ceil(len(self.split) / self.batch_size)
        return number if self.most is None else min(number, self.most)

    @property
    def num_records(self) -> int:
        """Records that an epoch gives."""
        return min(len(self.split), len(self) * self.batch_size)

    def groups(self, batches_per_group: int, start: int = 0) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """The batches of an epoch; see `Batches.groups`. No group reaches over the end of a window."""
        yield from first_batches(self._groups(batches_per_group, start), len(self) - start)

    def _groups(self, batches_per_group: int, start: int) -> Iterator[dict[str, npt.NDArray[Any]]]:
        step = self.batch_size * batches_per_group
        whole, first = divmod(start * self.batch_size, self._window)
        for number, (indices, values) in enumerate(self._read_windows(whole)):
            full = len(indices) // self.batch_size * self.batch_size
            for begin in range(0 if number else first, full, step):
                yield self._group(indices, values, slice(begin, min(begin + step, full)), self.batch_size)
            if full < len(indices) and (number or first <= full):
                yield self._group(indices, values, slice(full, len(indices)), len(indices) - full)

    def positions(self) -> Positions:
        """Positions of the records of an epoch in the order in which `groups` gives them, int64."""
        order: Positions = self._place[np.concatenate(list(self._ordered_windows()))]
        return order[: self.num_records]

    def _group(
        self, indices: Positions, values: Mapping[str, npt.NDArray[Any]], part: slice, size: int
    ) -> dict[str, npt.NDArray[Any]]:
        known = {"label": self._labels[indices[part]]}
        return {name: stacked(known[name] if name in known else values[name][part], size) for name in self.fields}

    def _ordered_windows(self) -> Iterator[Positions]:
        """Indices of the records of each window, in the order of its batches."""
        runs = interleaved(self._store.bounds, self.seed, self.epoch)
        for number, indices in enumerate(windows(runs, self._used, self._window)):
            yield indices[window_order(len(indices), self.seed, self.epoch, number)]

    def _read_windows(self, start: int) -> Iterator[tuple[Positions, dict[str, npt.NDArray[Any]]]]:
        """The indices and values of each window from number `start` on; the next one is read meanwhile."""
        self._start_readers()
        reading: tuple[Positions, Mapping[int, Future[Arrays]]] | None = None
        with self._fault_kept(), worker_errors():
            for indices in islice(self._ordered_windows(), start, None):
                following = indices, self._submit(indices)
                if reading:
                    yield self._received(*reading)
                reading = following
            if reading:
                yield self._received(*reading)

    @contextmanager
    def _fault_kept(self) -> Iterator[None]:
        try:
            yield
        except ShapenetError as error:
            self.fault = error
            raise

    def _submit(self, indices: Positions) -> Mapping[int, Future[Arrays]]:
        """Let workers read a window; every part has one worker, which reads it onward."""
        ordered = np.sort(indices)
        parts = np.searchsorted(np.asarray(self._store.bounds), ordered, side="right") - 1
        futures: dict[int, Future[Arrays]] = {}
        start = 0
        for part, same in groupby(parts.tolist()):
            stop = start + sum(1 for _ in same)
            reader = self._readers[part % len(self._readers)]
            with signals_held(signal.SIGINT, signal.SIGTERM):  # whoever reads goes on until this process ends
                futures[start] = reader.submit(run_in_worker, ordered[start:stop])
            start = stop
        return futures

    def _received(
        self, indices: Positions, futures: Mapping[int, Future[Arrays]]
    ) -> tuple[Positions, dict[str, npt.NDArray[Any]]]:
        fields = {name: self._store.meta.fields[name] for name in self._read}
        window = {name: np.empty((len(indices), *field.fixed_shape), field.dtype) for name, field in fields.items()}
        rows = np.argsort(indices)  # workers give them in the order of the source
        for start, future in futures.items():
            for name, values in future.result().items():
                window[name][rows[start : start + len(values)]] = values
        return indices, window

    def _start_readers(self) -> None:
        if not self._readers:
            made_of = (self._store.records, self._read)
            self._readers = [start_workers(read_records, made_of, 1) for _ in range(available_cores())]


def read_records(records: Records, names: Sequence[str], indices: Positions) -> Arrays:
    """Fields of some records, in rising order of their positions.

    Args:
        records: The source.
        names: The fields.
        indices: Positions, rising.

    Raises:
        DataError: Some can't be read.
    """
    breaks = np.flatnonzero(np.diff(indices) != 1) + 1
    blocks = [records.read(int(run[0]), int(run[-1]) + 1) for run in np.split(indices, breaks)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in names}


AnyBatches = Batches | StreamedBatches
"""Batches of packed or of streamed records."""


def batches_of(
    split: Split,
    batch_size: int,
    seed: int | None = None,
    *,
    oversample: bool = False,
    window: int | None = None,
    fields: Sequence[str] = ("image", "label"),
    most: int | None = None,
) -> AnyBatches:
    """Batches of a split, whether it is packed or streamed.

    Args:
        split: The records.
        batch_size: Records in a batch.
        seed: Shuffles anew each epoch; None keeps the records in order.
        oversample: As in `Batches`, for packed records.
        window: As in `StreamedBatches`, for streamed ones.
        fields: Which fields a batch holds.
        most: The most batches that an epoch has; None for all.
    """
    if isinstance(split.store, StreamStore):
        return StreamedBatches(split, batch_size, seed, window, fields=fields, most=most)
    return Batches(split, batch_size, seed, oversample=oversample, fields=fields, most=most)
