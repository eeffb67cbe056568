"""Masks as pictures: classes over the image, and what is wrong beside a faded one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""An RGB picture, uint8 ``(height, width, 3)``."""

PALETTE = (
    "#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442",
    "#882255", "#44aa99", "#999933", "#332288", "#ddcc77", "#cc6677", "#117733",
)  # fmt: skip
"""Colours that the colour-blind tell apart, for class 1 on: those of Okabe and Ito (2008), then Tol's "muted"."""

MISSED, EXTRA, CONFUSED = "#d55e00", "#0072b2", "#cc79a7"
"""Kinds of mistakes: something taken for background, background for something, one thing for another."""

_FILL = 0.65
"""How much of a class's colour lies over the grey image: much, or its hue could not be told."""
_HATCH = 128
_FADED = 0.25
"""How much of the image is left where mistakes are shown."""


def colour_of(label: int) -> str:
    """The colour of a class from 1 on; there are as many as a person can remember, then they begin anew."""
    return PALETTE[(label - 1) % len(PALETTE)]


def overlay(image: Pixels, mask: npt.NDArray[Any]) -> Pixels:
    """The image in grey with every class but 0 in its colour.

    Args:
        image: The image.
        mask: Class numbers ``(height, width)``; pixels below 0 don't count, and are hatched.
    """
    shown = _gray(image)
    for label in np.unique(mask[mask > 0]).tolist():
        inside = mask == label
        shown[inside] = (1 - _FILL) * shown[inside] + _FILL * _rgb(colour_of(label))
    rows, columns = np.indices(mask.shape)
    shown[(mask < 0) & ((rows + columns) % 4 == 0)] = _HATCH
    return shown.astype(np.uint8)


def mistakes(image: Pixels, true: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> Pixels:
    """A faded grey image with the pixels that are predicted wrongly in the colour of the kind of mistake.

    Args:
        image: The image.
        true: Class numbers ``(height, width)``; pixels below 0 don't count.
        predicted: Class numbers of the same shape.
    """
    shown = 255 - _FADED * (255 - _gray(image))
    wrong = (true >= 0) & (true != predicted)
    shown[wrong & (predicted == 0)] = _rgb(MISSED)
    shown[wrong & (true == 0)] = _rgb(EXTRA)
    shown[wrong & (true > 0) & (predicted > 0)] = _rgb(CONFUSED)
    return shown.astype(np.uint8)


def _gray(image: Pixels) -> npt.NDArray[np.float32]:
    """The brightness of an image (ITU-R BT.601) in all of three channels."""
    brightness = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat(brightness[..., None], 3, axis=-1)


def _rgb(colour: str) -> npt.NDArray[np.float32]:
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], np.float32)
