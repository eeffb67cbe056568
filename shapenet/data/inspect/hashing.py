"""Small gray copies of images, their difference hashes, and pairs that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

ROWS, COLUMNS = 8, 9
"""Height and width of a thumbnail."""
_FULL_BUCKET = 200
_WINDOW = 8


def thumbnails(luma: npt.NDArray[np.float32], rows: int = ROWS, columns: int = COLUMNS) -> npt.NDArray[np.uint8]:
    """Images shrunk (or grown) by the mean over the area that each new pixel covers.

    Args:
        luma: ``(n, height, width)``, 0 to 1; what lies outside is cut.
        rows: Height of the thumbnails.
        columns: Their width.

    Returns:
        uint8 ``(n, rows, columns)``, 0 to 255, rounded, so that equal areas give equal values.
    """
    down, across = _area_weights(luma.shape[1], rows), _area_weights(luma.shape[2], columns)
    small = down @ np.clip(luma, 0, 1) @ across.T
    rounded: npt.NDArray[np.uint8] = np.rint(small * 255).astype(np.uint8)
    return rounded


@lru_cache(maxsize=256)
def _area_weights(size: int, cells: int) -> npt.NDArray[np.float32]:
    """Share of each of `size` pixels in each of `cells` equal parts of a line, ``(cells, size)``; rows add up to 1."""
    edges = np.arange(cells + 1) * (size / cells)
    pixels = np.arange(size)
    upper = np.minimum(edges[1:, None], pixels + 1)
    lower = np.maximum(edges[:-1, None], pixels)
    shares = np.clip(upper - lower, 0, None) * (cells / size)
    return np.asarray(shares, np.float32)


def difference_hashes(small: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """One bit for each pair of neighbours in a row: whether the left one is brighter (dHash, N. Krawetz, 2013).

    Args:
        small: Thumbnails, ``(n, 8, 9)``.

    Returns:
        uint64 ``(n,)``.
    """
    bits = (small[:, :, :-1] > small[:, :, 1:]).reshape(len(small), -1)
    packed: npt.NDArray[Any] = np.ascontiguousarray(np.packbits(bits, axis=1))
    return packed.view(">u8").reshape(-1).astype(np.uint64)


def likely_pairs(
    hashes: npt.NDArray[np.uint64], small: npt.NDArray[np.uint8], least_correlation: float
) -> Iterator[tuple[int, int]]:
    """Pairs of images with equal hashes and thumbnails that correlate.

    Images are bucketed by hash. In a bucket of up to 200 images every pair is compared; in a fuller
    one each image with the 8 that are next in mean brightness, so that the time stays proportional
    to the number of images. A hash of no bits, as flat images have, tells nothing and is left out.

    Args:
        hashes: uint64 ``(n,)``.
        small: Thumbnails, uint8 ``(n, 8, 9)``.
        least_correlation: Pearson's coefficient between two thumbnails, 0 to 1, from which they count as alike.

    Yields:
        Two positions, the lower first.
    """
    order = np.lexsort((small.reshape(len(small), -1).mean(axis=1), hashes))
    ordered = hashes[order]
    bounds = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1], True]) if len(order) else np.zeros(1, np.int64)
    for start, stop in pairwise(bounds):
        if stop - start < 2 or ordered[start] == 0:
            continue
        members = order[start:stop]
        standardized = _standardized(small[members])
        for offset in range(1, stop - start if stop - start <= _FULL_BUCKET else _WINDOW + 1):
            alike = np.sum(standardized[:-offset] * standardized[offset:], axis=1) >= least_correlation
            for first in np.flatnonzero(alike):
                one, other = int(members[first]), int(members[first + offset])
                yield min(one, other), max(one, other)


def correlation(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> float:
    """Pearson's coefficient between the pixels of two thumbnails of one size; 0 if one of them is flat."""
    one, other = _standardized(first[None])[0], _standardized(second[None])[0]
    return float(one @ other)


def _standardized(small: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Thumbnails as vectors of mean 0 and length 1, ``(n, pixels)``; flat ones become 0."""
    rows = small.reshape(len(small), -1).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))
