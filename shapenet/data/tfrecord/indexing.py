"""Where each record of a TFRecord data set stands, its label, and what else is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shapenet.data.tfrecord.example import Example
from shapenet.data.tfrecord.framing import Compression, frame_error, read_frames
from shapenet.data.workers import available_cores, blocks_of, run_blocks
from shapenet.errors import DataError, Problem, did_you_mean

_MAX_LABEL_BYTES = 1000
_MAX_COLUMN_BYTES = 1 << 20
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
        texts: Label of each record as text ``(n,)``; empty if there are numbers only. Both are empty where
            records have no labels.
        columns: Text of each record for every wanted column.
    """

    counts: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    num_bytes: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    texts: npt.NDArray[np.str_]
    columns: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        return len(self.offsets)


ARRAYS = ("counts", "offsets", "num_bytes", "numbers", "texts")
"""Those attributes of an index that are arrays."""


@dataclass(frozen=True)
class Wanted:
    """Which features of every record an index holds.

    Attributes:
        label: A number or a text; a text beside a number stands in the feature ``LABEL/text``.
        columns: Texts or integers, one a record.
        needs_label: Whether records must have a label; if not, all may lack it.
    """

    label: str
    columns: tuple[str, ...] = ()
    needs_label: bool = True


def make_index(shards: Sequence[Shard], wanted: Wanted) -> Index:
    """Read all shards through, in parallel where they are large.

    Args:
        shards: The files.
        wanted: Which features the index holds.

    Raises:
        DataError: Shards are cut, damaged or compressed another way, or records have no label
            or column; one problem for each shard, with the first record concerned.
    """
    parts: dict[int, Index] = {}
    problems: list[Problem] = []
    is_large = sum(shard.num_bytes for shard in shards) > _WORTH_A_POOL_BYTES
    blocks, num_workers = blocks_of(len(shards), 1), available_cores() if is_large else 1
    with closing(run_blocks(_index_shard, (shards, wanted), blocks, num_workers)) as done:
        for (number, _), found in done:
            if isinstance(found, Index):
                parts[number] = found
            else:
                problems.extend(found)
    if problems:
        raise DataError(sorted(problems, key=lambda problem: str(problem.place)))
    _check_same_kind(shards, parts)
    return _joined([parts[number] for number in range(len(shards))])


def _joined(parts: Sequence[Index]) -> Index:
    filled = [part for part in parts if len(part)] or parts[:1]
    arrays = {name: np.concatenate([getattr(part, name) for part in filled]) for name in ARRAYS}
    arrays["counts"] = np.array([len(part) for part in parts], np.int64)
    columns = {name: [text for part in filled for text in part.columns[name]] for name in filled[0].columns}
    return Index(**arrays, columns=columns)


def _check_same_kind(shards: Sequence[Shard], parts: dict[int, Index]) -> None:
    kinds = {number: (part.numbers.size > 0, part.texts.size > 0) for number, part in parts.items() if len(part)}
    first = min(kinds, default=0)
    for number in sorted(kinds):
        if kinds[number] != kinds[first]:
            message = f"labels are of another type (number or text) than in {shards[first].path.name}"
            raise frame_error(shards[number].path, 0, message)


def _index_shard(shards: Sequence[Shard], wanted: Wanted, start: int, stop: int) -> Index | tuple[Problem, ...]:
    """The index of one shard, or what is wrong with it; `stop` is the number after `start`."""
    shard = shards[start]
    offsets: list[int] = []
    sizes: list[int] = []
    labels: list[tuple[int | None, str | None]] = []
    columns: dict[str, list[str]] = {name: [] for name in wanted.columns}
    try:
        for number, frame in enumerate(read_frames(shard.path, shard.compression)):
            offsets.append(frame.offset)
            sizes.append(len(frame.data))
            try:
                example = Example(frame.data)
                labels.append(_label(example, wanted))
                if _kind(labels[0]) != _kind(labels[-1]):
                    among = "the same type as before" if any(_kind(labels[-1])) else "a label, as before"
                    raise DataError("data/tfrecord-feature", f"{wanted.label}: expected {among}")
                for name, texts in columns.items():
                    texts.append(_text(_only(example, name), name, _MAX_COLUMN_BYTES))
            except DataError as error:
                problem = error.problems[0]
                raise frame_error(shard.path, number, problem.message, problem.hint) from None
    except DataError as error:
        return error.problems
    return Index(
        counts=np.array([len(offsets)], np.int64),
        offsets=np.array(offsets, np.int64),
        num_bytes=np.array(sizes, np.int64),
        numbers=np.array([number for number, _ in labels if number is not None], np.int64),
        texts=np.array([text for _, text in labels if text is not None], np.str_),
        columns=columns,
    )


def _kind(label: tuple[int | None, str | None]) -> tuple[bool, bool]:
    return label[0] is not None, label[1] is not None


def _label(example: Example, wanted: Wanted) -> tuple[int | None, str | None]:
    """A record's label as a number, as a text, or both; neither where it may lack one and does."""
    label = wanted.label
    if not wanted.needs_label and example.get(label) is None:
        return None, None
    value = _only(example, label)
    if isinstance(value, bytes):
        return None, _text(value, label)
    text = example.text(f"{label}/text")
    return value, None if text is None else _text(text, label)


def _only(example: Example, feature: str) -> bytes | int:
    """The only value of a feature, an integer or a text."""
    values = example.get(feature)
    if values is None:
        names = example.names
        message = f"expected the feature {feature!r}, found {', '.join(names) or 'none'}"
        raise DataError("data/tfrecord-feature", message, hint=did_you_mean(feature, names))
    value = values[0]
    if len(values) != 1 or isinstance(value, float):
        kind = "floats" if isinstance(value, float) else "values"
        raise DataError("data/tfrecord-feature", f"{feature}: expected an integer or a text, received {kind}")
    return value


def _text(value: bytes | int, feature: str, most_bytes: int = _MAX_LABEL_BYTES) -> str:
    if isinstance(value, int):
        return str(value)
    if len(value) > most_bytes:
        message = f"{feature}: expected at most {most_bytes:,} bytes, received {len(value):,}"
        raise DataError("data/tfrecord-feature", message)
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise DataError("data/tfrecord-feature", f"{feature}: expected UTF-8, received {value[:20]!r}") from None
