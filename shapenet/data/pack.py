"""Packing: read every record of a source once, in parallel, into a store."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data import ragged
from shapenet.data.records import Arrays, Records, UnreadableError, Values, collected_notes
from shapenet.data.store import (
    CONTENT,
    CONTENT_FIELD,
    FORMAT,
    Store,
    StoreMeta,
    create_arrays,
    field_path,
    write_meta,
    write_values,
)
from shapenet.data.unreadable import unreadable
from shapenet.data.workers import available_cores, blocks_of, run_blocks
from shapenet.errors import Problem
from shapenet.fields import Field
from shapenet.rundir.atomic import machine_errors, new_folder, remove_stale

Progress = Callable[[int, int], None]
"""Called with the number of records done and the number of all."""

_BLOCK_BYTES = 2 << 20
_WORTH_A_POOL_BYTES = 8 << 20
_WORTH_A_POOL_RECORDS = 4000
_SIDE_GUESSED = 256
_STALE_SECONDS = 24 * 3600.0
_DIGEST_BYTES = 16


def default_cache_dir() -> Path:
    """``$SHAPENET_CACHE``, or ``shapenet`` in the user's cache folder."""
    if given := os.environ.get("SHAPENET_CACHE"):
        return Path(given).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shapenet"


def open_packed(
    records: Records, cache_dir: Path, progress: Progress | None = None, *, max_bad_fraction: float = 0.0
) -> Store:
    """The store of `records`, packed first if it is not there yet.

    Args:
        records: What to pack.
        cache_dir: Folder of all stores, shared between runs.
        progress: Called while packing.
        max_bad_fraction: Up to so large a part of the records, from 0 to 1, may be unreadable;
            the store then names them in its `bad`.

    Raises:
        DataError: More records can't be read; see `shapenet.data.unreadable`.
        MachineError: The cache can't be written, or a worker was killed.
    """
    folder = store_folder(records, cache_dir)
    if not folder.is_dir():
        remove_stale(folder.parent, _STALE_SECONDS)
        with new_folder(folder) as temporary, machine_errors(folder):
            _pack(records, temporary, progress or (lambda done, total: None), max_bad_fraction)
    store = Store(folder)
    if len(store.meta.bad) > max_bad_fraction * len(store):
        bad = store.meta.bad.items()
        problems = [Problem("data/unreadable", why) for _, why in bad]
        raise unreadable(problems, len(store), records.describe, max_bad_fraction)
    return store


def store_folder(records: Records, cache_dir: Path) -> Path:
    """Where the store of `records` is, or would be."""
    name = hashlib.sha256(f"{FORMAT} {records.key}".encode()).hexdigest()[:32]
    return cache_dir / "stores" / name


def _pack(records: Records, folder: Path, progress: Progress, max_bad_fraction: float) -> None:
    fields = {**records.fields, CONTENT: CONTENT_FIELD}
    create_arrays(folder, fields, len(records))
    record_bytes = sum(_num_bytes(field) for field in fields.values())
    small = len(records) < _WORTH_A_POOL_RECORDS and record_bytes * len(records) < _WORTH_A_POOL_BYTES
    blocks = blocks_of(len(records), max(1, min(_BLOCK_BYTES // record_bytes, -(-len(records) // 8))))
    written = run_blocks(_write, (records, folder, fields), blocks, 1 if small else available_cores())
    faults: dict[int, Problem] = {}
    notes: Counter[str] = Counter()
    done = 0
    with closing(written):
        for (start, stop), (found, noted) in written:
            faults.update(found)
            notes += noted
            done += stop - start
            progress(done, len(records))
    if len(faults) > max_bad_fraction * len(records):
        problems = [faults[position] for position in sorted(faults)]
        raise unreadable(problems, len(records), records.describe, max_bad_fraction)
    starts = sorted({start for start, _ in blocks} | {position + 1 for position in faults})
    for name, field in fields.items():
        if field.is_ragged:
            ragged.join_parts(folder, name, field, starts)
    bad = {position: _one_line(faults[position]) for position in sorted(faults)}
    fingerprint = _fingerprint(folder, fields, records.classes)
    meta = StoreMeta(len(records), fields, tuple(records.classes), fingerprint, records.describe, bad, dict(notes))
    write_meta(folder, meta)


def _num_bytes(field: Field) -> int:
    """Size of one record's value; sides that vary are guessed."""
    return np.dtype(field.dtype).itemsize * int(np.prod([side or _SIDE_GUESSED for side in field.shape], dtype=int))


def _write(
    records: Records, folder: Path, fields: Mapping[str, Field], start: int, stop: int
) -> tuple[dict[int, Problem], Counter[str]]:
    """Write the records from `start` up to `stop`; returns what can't be read, and what was noted."""
    faults: dict[int, Problem] = {}
    with collected_notes() as notes:
        try:
            parts = [(start, records.read(start, stop))]
        except UnreadableError as error:
            faults = error.faults
            edges = [start - 1, *sorted(faults), stop]
            gaps = [(low + 1, high) for low, high in pairwise(edges) if high - low > 1]
            notes.clear()
            parts = [(low, records.read(low, high)) for low, high in gaps]
    for low, arrays in parts:
        _write_arrays(folder, fields, low, arrays)
    return faults, notes


def _write_arrays(folder: Path, fields: Mapping[str, Field], start: int, arrays: Arrays) -> None:
    arrays[CONTENT] = content_digests(arrays["image"])
    positions = range(start, start + len(arrays["image"]))
    for name, field in fields.items():
        if field.is_ragged:
            ragged.write_part(folder, name, positions, list(arrays[name]))
        else:
            write_values(folder, name, start, np.asarray(arrays[name], field.dtype))


def content_digests(images: Values) -> npt.NDArray[np.uint64]:
    """The first 128 bits of the SHA-256 of each image's bytes, and of its shape where shapes vary.

    Processors have instructions for SHA-256, so it is the fastest digest without collisions.

    Args:
        images: Shape ``(n, ...)``, or images of any shapes.

    Returns:
        Shape ``(n, 2)``.
    """
    if isinstance(images, np.ndarray):
        rows = np.ascontiguousarray(images).reshape(len(images), -1).view(np.uint8)
        digests: Iterable[bytes] = (hashlib.sha256(row.data).digest()[:_DIGEST_BYTES] for row in rows)
    else:
        digests = (_digest_with_shape(image) for image in images)
    return np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2)


def _digest_with_shape(image: npt.NDArray[Any]) -> bytes:
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.digest()[:_DIGEST_BYTES]


def _fingerprint(folder: Path, fields: Mapping[str, Field], classes: tuple[str, ...]) -> str:
    """Digest of the classes and of all fields; images are in it by the digests of their content."""
    digest = hashlib.sha256("\0".join(classes).encode())
    for name in (CONTENT, *sorted(name for name in fields if name not in (CONTENT, "image"))):
        digest.update(name.encode())
        digest.update(np.load(field_path(folder, name), mmap_mode="r"))
    return digest.hexdigest()


def _one_line(problem: Problem) -> str:
    return f"{problem.place}: {problem.message}" if problem.place else problem.message
