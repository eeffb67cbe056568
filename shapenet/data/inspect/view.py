"""Images as eyes want them: 8 bits, one or three channels, masks laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_OUTER = 0.005
_PALETTE = (
    (230, 70, 70),
    (40, 130, 230),
    (45, 170, 90),
    (240, 160, 20),
    (150, 80, 200),
    (20, 170, 180),
    (220, 90, 160),
)
"""Colours of the values 1, 2, ... of a mask, in turn."""
_VEIL = 0.4


def viewable(images: Sequence[Array]) -> list[npt.NDArray[np.uint8]]:
    """Images as 8 bits of one or three channels.

    uint8 stays as it is. Of other types the values of all images given are scaled together, so that
    they stay comparable: linearly, and what lies in the lowest or highest 0.5 percent becomes black or
    white. Floating point within 0..1 is scaled by 255. Values that are not finite become black.
    Of two channels the first is shown, of four or more the first three.

    Args:
        images: ``(height, width, channels)`` each, uint8, uint16 or float32; sizes may differ.
    """
    shown = [image[..., : 1 if image.shape[-1] < 3 else 3] for image in images]
    if all(image.dtype == np.uint8 for image in shown):
        return [np.asarray(image, np.uint8) for image in shown]
    low, high = _range(shown)
    scaled = (np.clip((image.astype(np.float64) - low) / (high - low), 0, 1) * 255 for image in shown)
    return [np.rint(np.nan_to_num(image)).astype(np.uint8) for image in scaled]


def _range(images: Sequence[Array]) -> tuple[float, float]:
    values = np.concatenate([image.ravel() for image in images])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    if np.issubdtype(values.dtype, np.floating) and values.min() >= 0 and values.max() <= 1:
        return 0.0, 1.0
    low, high = np.quantile(values, (_OUTER, 1 - _OUTER))
    if low == high:
        low, high = float(values.min()), float(values.max())
    return float(low), float(high) if high > low else float(low) + 1


def with_mask(picture: npt.NDArray[np.uint8], mask: Array) -> npt.NDArray[np.uint8]:
    """A picture under a veil of colour where a mask is not 0, with an outline around each value.

    Args:
        picture: uint8 ``(height, width, 3)``, as large as it is shown.
        mask: Integers ``(height, width)``; 0 is background, each other value has a colour.

    Returns:
        uint8 ``(height, width, 3)``.
    """
    colours = np.array(_PALETTE, np.float64)[(mask.astype(np.int64) - 1) % len(_PALETTE)]
    inside = (mask != 0)[..., None]
    veiled = np.where(inside, (1 - _VEIL) * picture + _VEIL * colours, picture)
    edge = inside & _borders(mask)[..., None]
    return np.rint(np.where(edge, colours, veiled)).astype(np.uint8)


def _borders(mask: Array) -> npt.NDArray[np.bool_]:
    """Pixels within two of another value."""
    border = np.zeros(mask.shape, np.bool_)
    for axis in (0, 1):
        for distance in (1, 2):
            if mask.shape[axis] <= distance:
                continue
            moved = np.moveaxis(mask, axis, 0)
            differs = moved[distance:] != moved[:-distance]
            view = np.moveaxis(border, axis, 0)
            view[distance:] |= differs
            view[:-distance] |= differs
    return border
