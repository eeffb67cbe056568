"""What hides a part of the main shape: a bar across the image, or a patch over one side of the shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from shapenet.data.shapes.colours import Colour, foreground_of, luma
from shapenet.data.shapes.facts import Occluder, PlacedShape
from shapenet.data.shapes.geometry import SHAPE_FORMS, along
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.streams import Stream, between, first_uniforms

_GRID = 192
"""Points along a side of the grid that measures a shape: the hidden fraction is right to 0.005."""


def draw_occluder(parameters: ShapesParameters, index: int, main: PlacedShape, background: Colour) -> Occluder | None:
    """The occluder of image `index`; None if it would hide nothing."""
    draws = first_uniforms(parameters, index, Stream.OCCLUSION, 10)
    hidden = between(parameters.occlusion, draws[0])
    if hidden <= 0:
        return None
    angle = draws[1] * math.tau
    bar = draws[2] < 0.5
    begin, end = _band(main, angle, hidden, draws[3] if bar else 0.0)
    if bar:
        half_length = 2.0 * parameters.size
    else:
        begin = -main.figure.radius * between((1.05, 1.4), draws[3])
        half_length = main.figure.radius * between((1.05, 1.4), draws[4])
    middle = (begin + end) / 2
    return Occluder(
        centre=(main.centre[0] + middle * math.cos(angle), main.centre[1] + middle * math.sin(angle)),
        half_width=(end - begin) / 2,
        half_length=half_length,
        angle=angle,
        colour=_colour(parameters, main.foreground, background, draws[5:9]),
        hidden=hidden,
    )


def _band(main: PlacedShape, angle: float, hidden: float, skipped: float) -> tuple[float, float]:
    """Where along `angle`, in pixels from the centre, a band begins and ends that covers `hidden` of the area.

    Of the area that may stay visible before the band, the fraction `skipped` does.
    """
    radius = main.figure.radius
    steps = ((np.arange(_GRID, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / _GRID) - np.float32(1)) * radius
    x, y = steps[None, :].astype(np.float32), steps[:, None].astype(np.float32)
    inside = SHAPE_FORMS[main.shape].distance(x, y, main.figure) <= 0
    places = np.sort(along(x, y, angle)[inside])
    first = (1 - hidden) * skipped * (len(places) - 1)
    last = first + hidden * (len(places) - 1)
    return _at(places, first), _at(places, last)


def _at(places: np.ndarray, position: float) -> float:
    """The value at a position between two of a sorted array."""
    below = int(position)
    above = min(below + 1, len(places) - 1)
    return between((float(places[below]), float(places[above])), position - below)


def _colour(parameters: ShapesParameters, shape: Colour, background: Colour, draws: Sequence[float]) -> Colour:
    """The background's colour, or as often another one that keeps the contrast to the shape."""
    levels = parameters.foreground_intervals(luma(shape) / 255)
    return foreground_of(parameters, levels, draws[1:]) if levels and draws[0] < 0.5 else background
