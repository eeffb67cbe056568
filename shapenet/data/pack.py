"""Packing: read every record of a source once, in parallel, into a store."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Field, Records
from shapenet.data.store import CONTENT, CONTENT_FIELD, Store, StoreMeta, create_arrays, field_path, write_meta
from shapenet.errors import DataError, MachineError, Problem
from shapenet.rundir.atomic import new_folder

Progress = Callable[[int, int], None]
"""Called with the number of records done and the number of all."""

_BLOCK_BYTES = 4 << 20
_WORTH_A_POOL_BYTES = 8 << 20
_WORTH_A_POOL_RECORDS = 4000
_MOST_SHOWN = 10


def default_cache_dir() -> Path:
    """``$SHAPENET_CACHE``, or ``shapenet`` in the user's cache folder."""
    if given := os.environ.get("SHAPENET_CACHE"):
        return Path(given).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shapenet"


def open_packed(records: Records, cache_dir: Path, progress: Progress | None = None) -> Store:
    """The store of `records`, packed first if it is not there yet.

    Args:
        records: What to pack.
        cache_dir: Folder of all stores, shared between runs.
        progress: Called while packing.

    Raises:
        DataError: Records can't be read (all are listed, the first ten by name).
        MachineError: The cache can't be written.
    """
    folder = cache_dir / "stores" / records.key[:32]
    if not folder.is_dir():
        with new_folder(folder) as temporary:
            _pack(records, temporary, progress or (lambda done, total: None))
    return Store(folder)


def _pack(records: Records, folder: Path, progress: Progress) -> None:
    fields = {**records.fields, CONTENT: CONTENT_FIELD}
    create_arrays(folder, fields, len(records))
    problems: list[Problem] = []
    done = 0
    for num_records, found in _written_blocks(records, folder, fields):
        problems.extend(found)
        done += num_records
        progress(done, len(records))
    if problems:
        raise _unreadable(problems, records.describe)
    arrays = {name: np.load(field_path(folder, name), mmap_mode="r") for name in (CONTENT, "label")}
    fingerprint = _fingerprint(arrays[CONTENT], arrays["label"], records.classes)
    write_meta(folder, StoreMeta(len(records), fields, tuple(records.classes), fingerprint, records.describe))


def _written_blocks(
    records: Records, folder: Path, fields: Mapping[str, Field]
) -> Iterator[tuple[int, tuple[Problem, ...]]]:
    """Write all blocks; yields the number of records and the problems of each as it is done."""
    record_bytes = sum(np.dtype(f.dtype).itemsize * int(np.prod(f.shape)) for f in fields.values())
    size = max(1, min(_BLOCK_BYTES // record_bytes, -(-len(records) // 8)))
    blocks = [(start, min(start + size, len(records))) for start in range(0, len(records), size)]
    num_workers = os.cpu_count() or 1
    small = len(records) < _WORTH_A_POOL_RECORDS and record_bytes * len(records) < _WORTH_A_POOL_BYTES
    if small or num_workers == 1:
        writer = _Writer(records, folder, tuple(fields))
        yield from (writer.write(*block) for block in blocks)
        return
    # Workers are spawned, not forked: the process that calls may have TensorFlow's threads.
    context = multiprocessing.get_context("spawn")
    arguments = (records, folder, tuple(fields))
    with ProcessPoolExecutor(num_workers, context, _start_worker, arguments) as pool:
        try:
            futures = [pool.submit(_work, *block) for block in blocks]
            yield from (future.result() for future in as_completed(futures))
        except BrokenProcessPool:
            raise MachineError(
                "machine/worker",
                f"a worker process died while {records.describe} was packed",
                hint="the machine may be out of memory",
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Writer:
    """Writes blocks of records into the arrays of a store."""

    def __init__(self, records: Records, folder: Path, names: tuple[str, ...]) -> None:
        self._records = records
        self._arrays: dict[str, npt.NDArray[Any]] = {
            name: np.load(field_path(folder, name), mmap_mode="r+") for name in names
        }

    def write(self, start: int, stop: int) -> tuple[int, tuple[Problem, ...]]:
        """Write the records from `start` up to `stop`; returns their number and what can't be read."""
        try:
            block = self._records.read(start, stop)
        except DataError as error:
            return stop - start, error.problems
        for name, values in block.items():
            self._arrays[name][start:stop] = values
        self._arrays[CONTENT][start:stop] = content_digests(block["image"])
        return stop - start, ()


_writer: _Writer | None = None


def _start_worker(records: Records, folder: Path, names: tuple[str, ...]) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C for all
    global _writer  # noqa: PLW0603 -- one per worker process, set once at its start
    _writer = _Writer(records, folder, names)


def _work(start: int, stop: int) -> tuple[int, tuple[Problem, ...]]:
    if _writer is None:
        raise RuntimeError("the worker was not started")
    return _writer.write(start, stop)


def content_digests(images: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """128-bit BLAKE2b digests of each image's bytes.

    Args:
        images: Shape ``(n, ...)``.

    Returns:
        Shape ``(n, 2)``.
    """
    rows = np.ascontiguousarray(images).reshape(len(images), -1).view(np.uint8)
    digests = b"".join(hashlib.blake2b(row.data, digest_size=16).digest() for row in rows)
    return np.frombuffer(digests, dtype=np.uint64).reshape(-1, 2)


def _fingerprint(content: npt.NDArray[Any], labels: npt.NDArray[Any], classes: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\0".join(classes).encode())
    digest.update(content.tobytes())
    digest.update(labels.tobytes())
    return digest.hexdigest()


def _unreadable(problems: list[Problem], described: str) -> DataError:
    shown = sorted(problems, key=lambda p: (p.place.line or 0) if p.place else 0)[:_MOST_SHOWN]
    if len(problems) > len(shown):
        rest = f"{len(problems):,} records of {described} can't be read; the first {len(shown)} are listed above"
        shown.append(Problem("data/unreadable", rest))
    return DataError(shown)
