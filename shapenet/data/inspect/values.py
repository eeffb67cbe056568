"""Reading the values of a field in pieces that fit in memory, whether their sizes vary or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Values
from shapenet.data.store import RecordStore

Positions = npt.NDArray[np.int64]

_CHUNK_BYTES = 4 << 20


def values_at(store: RecordStore, name: str, positions: Positions) -> Values:
    """The values of a field at some positions of a store.

    Args:
        store: The store.
        name: The field.
        positions: Which records, int64 ``(n,)``.

    Returns:
        An array ``(n, *shape)``, or where the field is ragged one array for each record.
    """
    if store.meta.fields[name].is_ragged:
        return [store.value(name, int(position)) for position in positions]
    return store.take(name, positions)


def shapes_at(store: RecordStore, name: str, positions: Positions) -> npt.NDArray[np.int64]:
    """The shape of each value of a field, int64 ``(n, dimensions)``; no value is read."""
    field = store.meta.fields[name]
    if field.is_ragged:
        return np.asarray(store.ragged(name).shapes[positions], np.int64)
    return np.tile(np.array(field.fixed_shape, np.int64), (len(positions), 1))


def chunks_of(store: RecordStore, name: str, positions: Positions) -> Iterator[tuple[int, int]]:
    """Ranges of `positions` whose values together take a few megabytes, or hold one value.

    Args:
        store: The store.
        name: The field.
        positions: Which records, int64 ``(n,)``.

    Yields:
        The first of a range, and the one after its last.
    """
    item_bytes = np.dtype(store.meta.fields[name].dtype).itemsize
    ends = np.cumsum(np.prod(shapes_at(store, name, positions), axis=1) * item_bytes)
    start, done = 0, 0
    while start < len(positions):
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK_BYTES, side="right")))
        yield start, stop
        start, done = stop, int(ends[stop - 1])


def same_shape_groups(values: Values) -> Iterator[tuple[Positions, npt.NDArray[Any]]]:
    """Values stacked with those of the same shape.

    Args:
        values: An array, or one array for each record.

    Yields:
        Where in `values` they stand, and the values themselves, ``(m, *shape)``.
    """
    if isinstance(values, np.ndarray):
        yield np.arange(len(values)), values
        return
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, value in enumerate(values):
        groups.setdefault(value.shape, []).append(index)
    for places in groups.values():
        yield np.array(places, np.int64), np.stack([values[place] for place in places])


def full_scale(dtype: str | np.dtype[Any]) -> float:
    """The value that counts as 1: the highest of an integer type, 1 of a floating one."""
    kind = np.dtype(dtype)
    return float(np.iinfo(kind).max) if np.issubdtype(kind, np.integer) else 1.0


def luma(images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The brightness of each pixel by ITU-R BT.601, from 0 to 1.

    Args:
        images: ``(n, height, width, channels)`` of 3 channels for RGB; of any other number
            of channels the mean is taken.

    Returns:
        float32 ``(n, height, width)``; values that are not finite count as 0.
    """
    channels = images.shape[-1]
    weights = np.array(_LUMA if channels == 3 else [1 / channels] * channels, np.float32)
    scaled = images.astype(np.float32) @ (weights / np.float32(full_scale(images.dtype)))
    return scaled if np.issubdtype(images.dtype, np.integer) else np.nan_to_num(scaled, copy=False, posinf=0, neginf=0)


_LUMA: Sequence[float] = (0.299, 0.587, 0.114)
