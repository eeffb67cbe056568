"""Where each record of a TFRecord data set stands, and its label: found once, then kept in the cache."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.pack import default_cache_dir
from shapenet.data.tfrecord.example import Example
from shapenet.data.tfrecord.framing import Compression, frame_error, read_frames
from shapenet.data.workers import available_cores, blocks_of, run_blocks
from shapenet.errors import DataError, MachineError, Problem, did_you_mean
from shapenet.rundir.atomic import write_atomic

_KEY_VERSION = "tfrecord-index-1"
_MAX_LABEL_BYTES = 1000
_WORTH_A_POOL_BYTES = 256 << 20


@dataclass(frozen=True)
class Shard:
    """One file of records.

    Attributes:
        path: The file.
        compression: How it is compressed.
        num_bytes: Its size.
        mtime: Time of its last change, in nanoseconds.
    """

    path: Path
    compression: Compression
    num_bytes: int
    mtime: int


@dataclass(frozen=True)
class Index:
    """The records of several shards, one shard after another.

    Attributes:
        counts: Number of records of each shard, int64.
        offsets: Of each record's bytes in its uncompressed shard, int64 ``(n,)``.
        num_bytes: Of each record, int64 ``(n,)``.
        numbers: Label of each record, int64 ``(n,)``; empty if labels are text only.
        texts: Label of each record as text ``(n,)``; empty if there are numbers only.
    """

    counts: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    num_bytes: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    texts: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.offsets)


def open_index(shards: Sequence[Shard], label: str) -> Index:
    """The index of `shards`, from the cache if they have not changed since it was made.

    Args:
        shards: The files.
        label: The feature that holds labels: a number or a text; a text beside a number
            stands in the feature ``LABEL/text``.

    Raises:
        DataError: Shards are cut, damaged or compressed another way, or records have no label;
            one problem for each shard, with the first record concerned.
    """
    digest = hashlib.sha256(repr((_KEY_VERSION, list(shards), label)).encode()).hexdigest()
    path = default_cache_dir() / "indexes" / f"{digest[:32]}.npz"
    index = _load(path)
    if index is None:
        index = _make(shards, label)
        with suppress(MachineError):  # without it, the shards are read through again next time
            _save(path, index)
    return index


def _load(path: Path) -> Index | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Index(**{field.name: arrays[field.name] for field in fields(Index)})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _save(path: Path, index: Index) -> None:
    content = io.BytesIO()
    arrays: dict[str, Any] = {field.name: getattr(index, field.name) for field in fields(Index)}
    np.savez(content, allow_pickle=False, **arrays)
    write_atomic(path, content.getvalue())


def _make(shards: Sequence[Shard], label: str) -> Index:
    parts: dict[int, Index] = {}
    problems: list[Problem] = []
    is_large = sum(shard.num_bytes for shard in shards) > _WORTH_A_POOL_BYTES
    blocks, num_workers = blocks_of(len(shards), 1), available_cores() if is_large else 1
    with closing(run_blocks(_index_shard, (shards, label), blocks, num_workers)) as done:
        for (number, _), found in done:
            if isinstance(found, Index):
                parts[number] = found
            else:
                problems.extend(found)
    if problems:
        raise DataError(sorted(problems, key=lambda problem: str(problem.place)))
    ordered = [parts[number] for number in range(len(shards)) if len(parts[number])]
    _check_same_kind(shards, parts)
    counts = np.array([len(parts[number]) for number in range(len(shards))], np.int64)
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in ordered] or [getattr(parts[0], field.name)])
        for field in fields(Index)
    }
    return Index(**{**joined, "counts": counts})


def _check_same_kind(shards: Sequence[Shard], parts: dict[int, Index]) -> None:
    kinds = {number: (part.numbers.size > 0, part.texts.size > 0) for number, part in parts.items() if len(part)}
    first = min(kinds, default=0)
    for number in sorted(kinds):
        if kinds[number] != kinds[first]:
            message = f"labels are of another type (number or text) than in {shards[first].path.name}"
            raise frame_error(shards[number].path, 0, message)


def _index_shard(shards: Sequence[Shard], label: str, start: int, stop: int) -> Index | tuple[Problem, ...]:
    """The index of one shard, or what is wrong with it; `stop` is the number after `start`."""
    shard = shards[start]
    offsets: list[int] = []
    sizes: list[int] = []
    numbers: list[int] = []
    texts: list[str] = []
    try:
        for number, frame in enumerate(read_frames(shard.path, shard.compression)):
            offsets.append(frame.offset)
            sizes.append(len(frame.data))
            try:
                value, text = _label(Example(frame.data), label)
                if (bool(numbers), bool(texts)) != (value is not None, text is not None) and number:
                    raise DataError("data/tfrecord-feature", f"{label}: expected the same type as before")
            except DataError as error:
                problem = error.problems[0]
                raise frame_error(shard.path, number, problem.message, problem.hint) from None
            numbers += [] if value is None else [value]
            texts += [] if text is None else [text]
    except DataError as error:
        return error.problems
    return Index(
        np.array([len(offsets)], np.int64), np.array(offsets, np.int64), np.array(sizes, np.int64),
        np.array(numbers, np.int64), np.array(texts, np.str_),
    )  # fmt: skip


def _label(example: Example, label: str) -> tuple[int | None, str | None]:
    """A record's label as a number, as a text, or both."""
    values = example.get(label)
    if values is None:
        names = example.names
        message = f"expected the feature {label!r}, found {', '.join(names) or 'none'}"
        raise DataError("data/tfrecord-feature", message, hint=did_you_mean(label, names))
    if len(values) != 1 or isinstance(values[0], float):
        kind = "floats" if isinstance(values[0], float) else "values"
        raise DataError("data/tfrecord-feature", f"{label}: expected an integer or a text, received {kind}")
    value = values[0]
    if isinstance(value, bytes):
        return None, _decoded(value, label)
    text = example.text(f"{label}/text")
    return int(value), None if text is None else _decoded(text, label)


def _decoded(text: bytes, label: str) -> str:
    if len(text) > _MAX_LABEL_BYTES:
        message = f"{label}: expected at most {_MAX_LABEL_BYTES:,} bytes, received {len(text):,}"
        raise DataError("data/tfrecord-feature", message)
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise DataError("data/tfrecord-feature", f"{label}: expected UTF-8, received {text[:20]!r}") from None
