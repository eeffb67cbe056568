"""Gaussian blur in whole numbers, so that every machine gives the same bytes."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

_SCALE_BITS = 15
_KEPT_BITS = 7
"""Bits below the point that rows keep for the columns."""


def blurred(image: npt.NDArray[np.int16], sigma: float) -> npt.NDArray[np.int16]:
    """`image` after a Gaussian blur; beyond its edges the outermost pixels go on.

    Args:
        image: Values from 0 to 255, int16 ``(height, width, channels)``.
        sigma: Standard deviation in pixels, 0 or more.

    Returns:
        The same shape and type.
    """
    kernel = _kernel(sigma)
    rows = _along_axis(image.astype(np.int32), kernel, 0)
    rows = (rows + (1 << (_SCALE_BITS - _KEPT_BITS - 1))) >> (_SCALE_BITS - _KEPT_BITS)
    both = _along_axis(rows, kernel, 1)
    shift = _SCALE_BITS + _KEPT_BITS
    return ((both + (1 << (shift - 1))) >> shift).astype(np.int16)


@lru_cache(maxsize=64)
def _kernel(sigma: float) -> tuple[int, ...]:
    """Weights from the middle outwards, out to three standard deviations; both sides sum to ``2 ** _SCALE_BITS``."""
    reach = math.ceil(3 * sigma)
    weights = [math.exp(-0.5 * (step / sigma) * (step / sigma)) for step in range(reach + 1)]
    total = weights[0] + 2 * sum(weights[1:])
    outer = [round(weight / total * 2**_SCALE_BITS) for weight in weights[1:]]
    return (2**_SCALE_BITS - 2 * sum(outer), *outer)


def _along_axis(values: npt.NDArray[Any], kernel: tuple[int, ...], axis: int) -> npt.NDArray[Any]:
    reach, length = len(kernel) - 1, values.shape[axis]
    padding = [(reach, reach) if dimension == axis else (0, 0) for dimension in range(values.ndim)]
    padded = np.pad(values, padding, mode="edge")

    def shifted(step: int) -> npt.NDArray[Any]:
        return padded[(slice(None),) * axis + (slice(reach + step, reach + step + length),)]

    result: npt.NDArray[Any] = values * kernel[0]
    for step in range(1, reach + 1):
        result += (shifted(-step) + shifted(step)) * kernel[step]
    return result
