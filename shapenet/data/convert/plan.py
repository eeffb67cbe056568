"""In which form records are written, and what of it fits together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shapenet.data.records import Records
from shapenet.errors import ConfigError

Target = Literal["csv", "folder", "tfrecord", "npz"]

_SHARD_BYTES = 128 << 20
_SIDE_GUESSED = 256
_MAX_NAME_BYTES = 200
_NOT_IN_NAMES = frozenset('/\\:*?"<>|')


@dataclass(frozen=True)
class Plan:
    """How to convert.

    Attributes:
        to: The form.
        num_shards: Number of TFRecord files; None for one for each 128 MiB of values.
        compression: ``gzip`` packs TFRecord files, and the arrays of an npz.
        replace: Whether an output of the same command may be replaced.
    """

    to: Target
    num_shards: int | None = None
    compression: Literal["none", "gzip"] = "none"
    replace: bool = False


def is_file_name(name: str) -> bool:
    """Whether a file or folder may be called so on any system."""
    is_plain = name.isprintable() and name == name.strip() and not name.startswith(".")
    return bool(name) and is_plain and not set(name) & _NOT_IN_NAMES and len(name.encode()) <= _MAX_NAME_BYTES


def check_options(plan: Plan) -> None:
    """Refuse options that the form has no use for.

    Raises:
        ConfigError: There are any.
    """
    if plan.num_shards is not None and plan.to != "tfrecord":
        raise ConfigError("usage/shards", f"--shards is for tfrecord, not for {plan.to}")
    if plan.compression != "none" and plan.to in ("csv", "folder"):
        raise ConfigError("usage/compression", f"--compression is for tfrecord and npz; {plan.to} holds PNG files")


def shards_of(records: Records) -> int:
    """So many shards that each holds about 128 MiB of values; sides that vary are guessed."""
    shapes = [(np.dtype(field.dtype).itemsize, field.shape) for field in records.fields.values()]
    record_bytes = sum(size * math.prod(side or _SIDE_GUESSED for side in shape) for size, shape in shapes)
    return min(len(records), max(1, -(-record_bytes * len(records) // _SHARD_BYTES)))
