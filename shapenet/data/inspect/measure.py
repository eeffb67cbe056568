"""One pass over the images of a split: everything that the summary and the checks look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.batches import Split
from shapenet.data.inspect.likeness import COLUMNS, ROWS, thumbnails
from shapenet.data.inspect.moments import Moments
from shapenet.data.inspect.values import chunks_of, full_scale, luma, same_shape_groups, shapes_at, values_at
from shapenet.data.store import CONTENT

Advance = Callable[[int], None]
"""Called with how many more images are done."""

_SPARSE = 61
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measures:
    """What is known of each image of a split, about 120 bytes each; `n` is their number.

    Attributes:
        labels: int64 ``(n,)``.
        content: 128-bit digests of the pixels, uint64 ``(n, 2)``.
        shapes: Height, width and channels, int64 ``(n, 3)``.
        brightness: Mean luma, 0 to 1, float64 ``(n,)``.
        is_flat: Whether all pixels have the same colour, ``(n,)``.
        is_gray: Whether the three channels are equal, ``(n,)``; False without three channels.
        num_not_finite: Values that are NaN or infinite, int64 ``(n,)``.
        small: Gray thumbnails, uint8 ``(n, 8, 9)``.
        moments: Of each channel, in the images' own unit; values that are not finite left out.
    """

    labels: npt.NDArray[np.int64]
    content: npt.NDArray[np.uint64]
    shapes: npt.NDArray[np.int64]
    brightness: npt.NDArray[np.float64]
    is_flat: Flags
    is_gray: Flags
    num_not_finite: npt.NDArray[np.int64]
    small: npt.NDArray[np.uint8]
    moments: Moments

    def __len__(self) -> int:
        """Number of images."""
        return len(self.labels)


def measure(split: Split, advance: Advance = lambda count: None) -> Measures:
    """Measure every image of a split, a few megabytes at a time.

    Args:
        split: Its images may vary in size.
        advance: Hears of progress.
    """
    store, total = split.store, len(split)
    measures = Measures(
        labels=split.labels,
        content=store[CONTENT][split.indices],
        shapes=shapes_at(store, "image", split.indices),
        brightness=np.zeros(total),
        is_flat=np.zeros(total, np.bool_),
        is_gray=np.zeros(total, np.bool_),
        num_not_finite=np.zeros(total, np.int64),
        small=np.zeros((total, ROWS, COLUMNS), np.uint8),
        moments=Moments(store.meta.fields["image"].shape[2] or 1),
    )
    for start, stop in chunks_of(store, "image", split.indices):
        images = values_at(store, "image", split.indices[start:stop])
        for places, group in same_shape_groups(images):
            _fill(measures, places + start, group)
        advance(stop - start)
    return measures


def _fill(measures: Measures, places: npt.NDArray[np.int64], images: npt.NDArray[Any]) -> None:
    """Measure images ``(m, height, width, channels)`` that stand at `places`."""
    pixels = images.reshape(len(images), -1, images.shape[-1])
    gray = luma(images)
    measures.brightness[places] = gray.mean(axis=(1, 2), dtype=np.float64)
    measures.is_flat[places] = _hold(lambda some: some == some[:, :1], pixels)
    if images.shape[-1] == 3:
        measures.is_gray[places] = _hold(lambda some: some == some[:, :, :1], pixels)
    measures.small[places] = thumbnails(gray)
    values = pixels.reshape(-1, pixels.shape[-1])
    if np.issubdtype(images.dtype, np.floating):
        finite = np.isfinite(pixels)
        measures.num_not_finite[places] = (~finite).sum(axis=(1, 2))
        values = values[finite.reshape(values.shape).all(axis=1)]
    measures.moments.add(values)


def _hold(test: Callable[[npt.NDArray[Any]], Flags], pixels: npt.NDArray[Any]) -> Flags:
    """Whether a test holds of all pixels of each image; of most images a few pixels tell that it does not."""
    flags: Flags = np.asarray(test(pixels[:, ::_SPARSE]).all(axis=(1, 2)))
    flags[flags] = test(pixels[flags]).all(axis=(1, 2))
    return flags


def mean_and_deviation(measures: list[Measures], dtype: str) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel over all images, in 0..1 (floating point: as it is)."""
    total = Moments(len(measures[0].moments.mean))
    for one in measures:
        total.join(one.moments)
    return total.scaled(1 / full_scale(dtype))
