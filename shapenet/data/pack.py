"""Packing: read every record of a source once, in parallel, into a store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Records
from shapenet.data.store import CONTENT, CONTENT_FIELD, Store, StoreMeta, create_arrays, field_path, write_meta
from shapenet.data.workers import available_cores, blocks_of, run_blocks
from shapenet.errors import DataError, Problem
from shapenet.rundir.atomic import machine_errors, new_folder, remove_stale

Progress = Callable[[int, int], None]
"""Called with the number of records done and the number of all."""

_BLOCK_BYTES = 4 << 20
_WORTH_A_POOL_BYTES = 8 << 20
_WORTH_A_POOL_RECORDS = 4000
_STALE_SECONDS = 24 * 3600.0
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
        MachineError: The cache can't be written, or a worker was killed.
    """
    folder = cache_dir / "stores" / records.key[:32]
    if not folder.is_dir():
        remove_stale(folder.parent, _STALE_SECONDS)
        with new_folder(folder) as temporary, machine_errors(folder):
            _pack(records, temporary, progress or (lambda done, total: None))
    return Store(folder)


def _pack(records: Records, folder: Path, progress: Progress) -> None:
    fields = {**records.fields, CONTENT: CONTENT_FIELD}
    create_arrays(folder, fields, len(records))
    record_bytes = sum(np.dtype(f.dtype).itemsize * int(np.prod(f.shape)) for f in fields.values())
    small = len(records) < _WORTH_A_POOL_RECORDS and record_bytes * len(records) < _WORTH_A_POOL_BYTES
    blocks = blocks_of(len(records), max(1, min(_BLOCK_BYTES // record_bytes, -(-len(records) // 8))))
    written = run_blocks(_write, (records, folder, tuple(fields)), blocks, 1 if small else available_cores())
    problems: list[Problem] = []
    done = 0
    with closing(written):
        for (start, stop), found in written:
            problems.extend(found)
            done += stop - start
            progress(done, len(records))
    if problems:
        raise _unreadable(problems, records.describe)
    arrays = {name: np.load(field_path(folder, name), mmap_mode="r") for name in (CONTENT, "label")}
    fingerprint = _fingerprint(arrays[CONTENT], arrays["label"], records.classes)
    write_meta(folder, StoreMeta(len(records), fields, tuple(records.classes), fingerprint, records.describe))


def _write(records: Records, folder: Path, names: tuple[str, ...], start: int, stop: int) -> tuple[Problem, ...]:
    """Write the records from `start` up to `stop` into the arrays of a store; returns what can't be read."""
    try:
        block = records.read(start, stop)
    except DataError as error:
        return error.problems
    block[CONTENT] = content_digests(block["image"])
    for name in names:
        np.load(field_path(folder, name), mmap_mode="r+")[start:stop] = block[name]
    return ()


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
