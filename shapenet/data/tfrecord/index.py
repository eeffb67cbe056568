"""The index of a TFRecord data set, kept in the cache."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from shapenet.data.pack import default_cache_dir
from shapenet.data.tfrecord.indexing import ARRAYS, Index, Shard, Wanted, make_index
from shapenet.errors import MachineError
from shapenet.rundir.atomic import write_atomic

_KEY_VERSION = "tfrecord-index-1"
_COLUMNS = "columns"


def open_index(shards: Sequence[Shard], wanted: Wanted) -> Index:
    """The index of `shards`, from the cache if they have not changed since it was made.

    Args:
        shards: The files.
        wanted: Which features it holds.

    Raises:
        DataError: See `make_index`.
    """
    digest = hashlib.sha256(repr((_KEY_VERSION, list(shards), wanted)).encode()).hexdigest()
    path = default_cache_dir() / "indexes" / f"{digest[:32]}.npz"
    index = _load(path)
    if index is None:
        index = make_index(shards, wanted)
        with suppress(MachineError):  # without it, the shards are read through again next time
            _save(path, index)
    return index


def _load(path: Path) -> Index | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            columns = json.loads(arrays[_COLUMNS].tobytes())
            return Index(**{name: arrays[name] for name in ARRAYS}, columns=columns)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _save(path: Path, index: Index) -> None:
    content = io.BytesIO()
    columns = np.frombuffer(json.dumps(dict(index.columns)).encode(), np.uint8)
    np.savez(content, allow_pickle=False, **{name: getattr(index, name) for name in ARRAYS}, **{_COLUMNS: columns})
    write_atomic(path, content.getvalue())
