"""Small gray copies of images, and the pairs among them that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

ROWS, COLUMNS = 8, 9
"""Height and width of a thumbnail."""
_LEAST_CONTRAST = 2.0
_MOST_PRODUCTS = 10_000_000_000
_BLOCK = 512
_ROUNDING = 1e-5

Vectors = npt.NDArray[np.float32]


def thumbnails(luma: npt.NDArray[np.float32], rows: int = ROWS, columns: int = COLUMNS) -> npt.NDArray[np.uint8]:
    """Images shrunk (or grown) by the mean over the area that each new pixel covers.

    Args:
        luma: ``(n, height, width)``, 0 to 1; what lies outside is cut.
        rows: Height of the thumbnails.
        columns: Their width.

    Returns:
        uint8 ``(n, rows, columns)``, 0 to 255.
    """
    down, across = _area_weights(luma.shape[1], rows), _area_weights(luma.shape[2], columns)
    small = down @ np.clip(luma, 0, 1) @ across.T
    rounded: npt.NDArray[np.uint8] = np.rint(small * 255).astype(np.uint8)
    return rounded


@lru_cache(maxsize=256)
def _area_weights(size: int, cells: int) -> Vectors:
    """Share of each of `size` pixels in each of `cells` equal parts of a line, ``(cells, size)``; rows add up to 1."""
    edges = np.arange(cells + 1) * (size / cells)
    pixels = np.arange(size)
    upper = np.minimum(edges[1:, None], pixels + 1)
    lower = np.maximum(edges[:-1, None], pixels)
    shares = np.clip(upper - lower, 0, None) * (cells / size)
    return np.asarray(shares, np.float32)


def alike(small: npt.NDArray[Any], least_correlation: float) -> Iterator[tuple[int, int]]:
    """Every pair of images whose thumbnails correlate, by Pearson's coefficient.

    Two unit vectors that correlate by c lie ``sqrt(2 - 2c)`` apart, so at most that far on any axis. On
    the axis on which the thumbnails differ most (the first principal component) they are cut into strips
    of that width, each sorted along the second; then only neighbours on both axes need be compared.
    Nearly flat images, whose standard deviation is below 2 of 255, are left out: they would match by
    their noise.

    Args:
        small: Thumbnails, uint8 ``(n, ...)``.
        least_correlation: Above 0, below 1; from here two count as alike.

    Yields:
        Two positions, the lower first.
    """
    flattened = small.reshape(len(small), -1)
    kept = np.flatnonzero(flattened.std(axis=1) >= _LEAST_CONTRAST)
    if len(kept) < 2:
        return
    vectors = standardized(flattened[kept])
    distance = np.sqrt(2 - 2 * least_correlation) + _ROUNDING
    across, along = _main_components(vectors).T
    strips = np.floor((across - across.min()) / distance).astype(np.int64)
    order = np.lexsort((along, strips))
    kept, vectors, along, strips = kept[order], vectors[order], along[order], strips[order]
    bounds = np.searchsorted(strips, np.arange(int(strips[-1]) + 3))
    for strip, (begin, end) in enumerate(pairwise(bounds[:-1])):
        for start in range(int(begin), int(end), _BLOCK):
            stop = min(start + _BLOCK, int(end))
            for other in (strip, strip + 1):
                first, last = int(bounds[other]), int(bounds[other + 1])
                reach = (along[start] - distance, along[stop - 1] + distance)
                left, right = first + np.searchsorted(along[first:last], reach)
                rows, columns = np.nonzero(vectors[start:stop] @ vectors[left:right].T >= least_correlation)
                rows, columns = kept[rows + start], kept[columns + left]
                forward = rows < columns if other == strip else np.ones(len(rows), np.bool_)
                for one, two in zip(rows[forward], columns[forward], strict=True):
                    yield min(int(one), int(two)), max(int(one), int(two))


def comparable(num_images: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Which of many images `alike` can compare in about a minute: all of up to 100,000, else a random 100,000."""
    most = int(np.sqrt(_MOST_PRODUCTS))
    if num_images <= most:
        return np.arange(num_images)
    return np.sort(np.random.default_rng(seed).choice(num_images, most, replace=False))


def standardized(small: npt.NDArray[Any]) -> Vectors:
    """Thumbnails as vectors of mean 0 and length 1, float32 ``(n, values)``; flat ones become 0."""
    rows = small.reshape(len(small), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))


def _main_components(vectors: Vectors) -> Vectors:
    """Vectors along the two axes on which they vary most, ``(n, 2)``."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ axes[:, :-3:-1], np.float32)
