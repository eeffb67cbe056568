"""From forms to pixels: anti-aliased, and fast because only the box of each thing is worked on."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.clutter import clutter_cover
from shapenet.data.shapes.colours import Colour
from shapenet.data.shapes.facts import Clutter, Mark, Occluder, PlacedShape, Point
from shapenet.data.shapes.geometry import SHAPE_FORMS, Grid, along, box, coverage, segment_distance

Canvas = npt.NDArray[np.int16]
"""An image being drawn, ``(size, size * 3)``; noise may push it below 0 and above 255."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in whole pixels, right and bottom exclusive."""


def new_canvas(size: int, colour: Colour) -> Canvas:
    """A canvas of one colour."""
    canvas = np.empty((size, size * 3), np.int16)
    canvas[:] = _row(colour, size)
    return canvas


def paint_shape(canvas: Canvas, shape: PlacedShape) -> None:
    """Draw a shape: filled, as an outline, or by its strokes."""
    if shape.strokes:
        _paint_strokes(canvas, shape)
        return
    around, distance = shape_distance(shape, canvas.shape[0])
    if shape.line_width is not None:
        distance = np.maximum(distance, -np.float32(shape.line_width) - distance)
    _blend(canvas, around, coverage(distance), shape.foreground)


def paint_mark(canvas: Canvas, mark: Mark) -> None:
    """Draw a distractor."""
    around = box_around(mark.centre, mark.half_length + mark.half_width, canvas.shape[0])
    x, y = offsets(mark.centre, around)
    distance = segment_distance(x, y, mark.half_length, mark.angle) - np.float32(mark.half_width)
    _blend(canvas, around, coverage(distance), mark.colour)


def paint_clutter(canvas: Canvas, item: Clutter) -> None:
    """Draw what lies behind all the rest."""
    size = canvas.shape[0]
    _blend(canvas, (0, 0, size, size), clutter_cover(item, size), item.colour)


def paint_occluder(canvas: Canvas, occluder: Occluder) -> None:
    """Draw what hides a part of the main shape."""
    around, distance = occluder_distance(occluder, canvas.shape[0])
    _blend(canvas, around, coverage(distance), occluder.colour)


def shape_distance(shape: PlacedShape, size: int) -> tuple[Box, Grid]:
    """The pixels around a shape, and their signed distance to its outer edge (and a ring's inner one)."""
    around = box_around(shape.centre, shape.figure.radius, size)
    return around, SHAPE_FORMS[shape.shape].distance(*offsets(shape.centre, around), shape.figure)


def occluder_distance(occluder: Occluder, size: int) -> tuple[Box, Grid]:
    """The pixels around an occluder, and their signed distance to its edge."""
    around = box_around(occluder.centre, math.hypot(occluder.half_width, occluder.half_length), size)
    x, y = offsets(occluder.centre, around)
    u, v = np.abs(along(x, y, occluder.angle)), np.abs(along(x, y, occluder.angle + math.pi / 2))
    return around, box(u, v, occluder.half_width, occluder.half_length)


def _paint_strokes(canvas: Canvas, shape: PlacedShape) -> None:
    points = [point for stroke in shape.strokes for point in stroke.points]
    widest = max(width for stroke in shape.strokes for width in stroke.half_widths)
    reach = max(math.dist(point, shape.centre) for point in points) + widest
    around = box_around(shape.centre, reach, canvas.shape[0])
    left, top, right, bottom = around
    distance = np.full((bottom - top, right - left), np.inf, np.float32)
    for stroke in shape.strokes:
        for n, (begin, end) in enumerate(pairwise(stroke.points)):
            _approach(distance, around, begin, end, stroke.half_widths[n : n + 2])
    _blend(canvas, around, coverage(distance), shape.foreground)


def _approach(distance: Grid, around: Box, begin: Point, end: Point, half_widths: tuple[float, ...]) -> None:
    """Lower `distance` to that from a piece of a line whose width changes from end to end, where it is nearer."""
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
    run, rise = end[0] - begin[0], end[1] - begin[1]
    left, top, right, bottom = _box_within(around, middle, math.hypot(run, rise) / 2 + max(half_widths))
    if left >= right or top >= bottom:
        return
    x, y = offsets(begin, (left, top, right, bottom))
    square = max(run * run + rise * rise, 1e-12)
    part = np.clip(x * np.float32(run / square) + y * np.float32(rise / square), np.float32(0), np.float32(1))
    across, down = x - part * np.float32(run), y - part * np.float32(rise)
    near = np.sqrt(across * across + down * down)
    near -= part * np.float32(half_widths[1] - half_widths[0]) + np.float32(half_widths[0])
    region = distance[top - around[1] : bottom - around[1], left - around[0] : right - around[0]]
    np.minimum(region, near, out=region)


def box_around(centre: Point, radius: float, size: int) -> Box:
    """The pixels that a circle and its soft edge touch, within the image."""
    return _box_within((0, 0, size, size), centre, radius)


def _box_within(limits: Box, centre: Point, radius: float) -> Box:
    """The pixels that a circle and its soft edge touch, within `limits`."""
    x, y = centre
    reach = radius + 1
    return (
        max(limits[0], math.floor(x - reach)),
        max(limits[1], math.floor(y - reach)),
        min(limits[2], math.ceil(x + reach)),
        min(limits[3], math.ceil(y + reach)),
    )


def offsets(centre: Point, around: Box) -> tuple[Grid, Grid]:
    """Offsets of the box's pixel centres from `centre`: ``(1, width)`` and ``(height, 1)``."""
    left, top, right, bottom = around
    x = np.arange(left + 0.5 - centre[0], right - centre[0], dtype=np.float32)[: right - left]
    y = np.arange(top + 0.5 - centre[1], bottom - centre[1], dtype=np.float32)[: bottom - top]
    return x[None, :], y[:, None]


def _blend(canvas: Canvas, around: Box, cover: Grid, colour: Colour) -> None:
    """Lay `colour` over the box's pixels, as far as each is covered."""
    left, top, right, bottom = around
    region = canvas[top:bottom, left * 3 : right * 3]
    channels = np.empty((bottom - top, right - left, 3), np.float32)
    for channel in range(3):
        channels[:, :, channel] = cover
    covered = channels.reshape(region.shape)
    covered *= _row(colour, right - left) - region
    region += np.rint(covered, out=covered).astype(np.int16)


def _row(colour: Colour, width: int) -> npt.NDArray[np.int16]:
    """A row of pixels of one colour, ``(width * 3,)``."""
    row = np.empty((width, 3), np.int16)
    row[:] = colour
    return row.reshape(-1)
