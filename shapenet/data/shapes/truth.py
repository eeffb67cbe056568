"""What can be seen of each shape, pixel by pixel: masks and visible areas."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.facts import Drawing
from shapenet.data.shapes.geometry import coverage
from shapenet.data.shapes.paint import occluder_distance, shape_distance

_HALF = np.float32(0)
"""A pixel belongs to a shape where at least half of it is covered: where its centre is inside."""


def draw_mask(out: npt.NDArray[np.uint8], drawing: Drawing) -> None:
    """Write which class each pixel shows into `out`, uint8 ``(size, size)`` or ``(size, size, 1)``.

    0 is background, ``1 + label`` a shape: all that lies inside its outer edge (a ring's hole
    does not), also where only an outline or a hand's strokes are drawn. Upper shapes hide
    lower ones; what an occluder hides is background.
    """
    size = out.shape[0]
    mask = out.reshape(size, size)
    mask[:] = 0
    for shape in drawing.shapes:
        (left, top, right, bottom), distance = shape_distance(shape, size)
        mask[top:bottom, left:right][distance <= _HALF] = 1 + shape.label
    if drawing.occluder:
        (left, top, right, bottom), distance = occluder_distance(drawing.occluder, size)
        mask[top:bottom, left:right][distance <= _HALF] = 0


def main_visible_area(drawing: Drawing) -> float:
    """Area of the main shape in square pixels, without what the occluder hides."""
    hidden = drawing.occluder.hidden if drawing.occluder else 0.0
    return drawing.main.area * (1 - hidden)


def visible_areas(drawing: Drawing, size: int) -> tuple[float, ...]:
    """Area in square pixels that can be seen of every shape, in the order of ``drawing.shapes``.

    The main shape's is that of `main_visible_area`; what hides the others is measured on the pixels.
    """
    if len(drawing.shapes) == 1:
        return (main_visible_area(drawing),)
    free = np.ones((size, size), np.float32)
    if drawing.occluder:
        (left, top, right, bottom), distance = occluder_distance(drawing.occluder, size)
        free[top:bottom, left:right] -= coverage(distance)
    areas = []
    for shape in reversed(drawing.shapes):
        (left, top, right, bottom), distance = shape_distance(shape, size)
        cover, region = coverage(distance), free[top:bottom, left:right]
        whole = float(cover.sum(dtype=np.float64))
        areas.append(shape.area * float((cover * region).sum(dtype=np.float64)) / whole if whole else 0.0)
        region *= 1 - cover
    return (*areas[:0:-1], main_visible_area(drawing))
