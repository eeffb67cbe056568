"""Draws true and predicted positions on an image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

_TRUE, _PREDICTED, _HALO = (60, 220, 90), (255, 70, 70), (20, 20, 20)


def with_marks(
    image: npt.NDArray[Any], true: npt.NDArray[Any], predicted: npt.NDArray[Any], *, side: int
) -> npt.NDArray[np.uint8]:
    """An image with a ring at each true position, a cross at the predicted one, and a line between them.

    A small image grows by a whole factor first, so that marks hide little of it.

    Args:
        image: uint8 ``(height, width, 3)``, or ``(height, width, 1)`` for gray.
        true: x and y in pixels from the top left corner, ``(points, 2)``.
        predicted: The same; those outside of the image are not seen.
        side: The side in pixels up to which the image may grow.

    Returns:
        uint8 ``(height, width, 3)``, perhaps larger.
    """
    longest = max(image.shape[:2])
    factor = max(1, side // longest)
    coloured = np.broadcast_to(image, (*image.shape[:2], 3))
    picture = Image.fromarray(coloured.repeat(factor, axis=0).repeat(factor, axis=1))
    draw = ImageDraw.Draw(picture)
    radius = max(5.0, longest * factor / 24)
    width = max(1, round(radius / 3))
    for (x, y), (other_x, other_y) in zip(true * factor, predicted * factor, strict=True):
        ring = (x - radius, y - radius, x + radius, y + radius)
        cross = (
            (other_x - radius, other_y - radius, other_x + radius, other_y + radius),
            (other_x - radius, other_y + radius, other_x + radius, other_y - radius),
        )
        for more, colours in ((2, (_HALO, _HALO)), (0, (_TRUE, _PREDICTED))):
            draw.line((x, y, other_x, other_y), fill=colours[1], width=max(1, width - 1) + more)
            draw.ellipse(ring, outline=colours[0], width=width + more)
            for stroke in cross:
                draw.line(stroke, fill=colours[1], width=width + more)
    return np.asarray(picture)
