"""How a hand draws an outline: wobbly, of uneven width, left open or overshooting at the corners."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np

from shapenet.data.shapes.contours import Contour, Offset, contours
from shapenet.data.shapes.facts import PlacedShape, Point, Stroke
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.placement import line_width_of
from shapenet.data.shapes.streams import Stream, between, bit_generator, uniforms

_WAVES = (((1.3, 2.2), 0.016), ((0.5, 0.9), 0.009), ((0.16, 0.3), 0.0035))
"""Range of the length and height of the hand's slow, medium and fast waves, as fractions of the shape's diameter."""

_DRAWS = 2 + 4 * len(_WAVES)
_OFF = 0.022
"""A stroke starts so far off at most, as a fraction of the diameter."""

_STEP = 0.045
"""Distance of a stroke's points, as a fraction of the shape's diameter."""


def drawn_by_hand(parameters: ShapesParameters, index: int, shapes: Sequence[PlacedShape]) -> tuple[PlacedShape, ...]:
    """The same shapes, drawn by one hand, the main one (the last) before the others."""
    generator = bit_generator(parameters, index, Stream.STROKES)
    unsteady = between((0.4, 1.0), uniforms(generator, 1)[0])
    drawn = [_drawn(parameters, generator, unsteady, shape) for shape in reversed(shapes)]
    return tuple(reversed(drawn))


def _drawn(
    parameters: ShapesParameters, generator: np.random.Philox, unsteady: float, shape: PlacedShape
) -> PlacedShape:
    thickness, by_side = uniforms(generator, 2)
    width = max(1.0, line_width_of(parameters, shape.figure.radius) * between((0.5, 1.1), thickness))
    strokes = []
    for contour in contours(shape.shape, shape.figure):
        for path in _paths(contour, shape.size, generator, by_side < 0.6):
            strokes.append(_stroke(path, shape, width, unsteady, uniforms(generator, _DRAWS)))
    return replace(shape, line_width=width, strokes=tuple(strokes))


def _paths(contour: Contour, size: float, generator: np.random.Philox, by_side: bool) -> list[list[Offset]]:
    """What the pen means to follow: every side by itself, or the outline in one go from any place."""
    if by_side and len(contour) > 1:
        return [_side(side, size, uniforms(generator, 2)) for side in contour]
    points = [side[0] for side in contour] if len(contour) > 1 else list(contour[0][:-1])
    start, closing = uniforms(generator, 2)
    lengths = [math.dist(a, b) for a, b in pairwise([*points, points[0]])]
    total = _total(lengths)
    first = start * total
    return [_walk(points, lengths, first, first + total * (1 + between((-0.07, 0.06), closing)), _STEP * size)]


def _side(side: Sequence[Offset], size: float, draws: Sequence[float]) -> list[Offset]:
    """From before or behind the first corner to before or behind the second."""
    (ax, ay), (bx, by) = side[0], side[-1]
    length = math.dist(side[0], side[-1])
    unit = min(0.12 * size, 0.3 * length) / length
    begin, end = (between((-0.35, 1.0), draw) * unit for draw in draws)
    steps = max(3, round(length / (_STEP * size)))
    places = (-begin + (1 + begin + end) * step / steps for step in range(steps + 1))
    return [(ax + (bx - ax) * place, ay + (by - ay) * place) for place in places]


def _walk(points: Sequence[Offset], lengths: Sequence[float], first: float, last: float, step: float) -> list[Offset]:
    """Points along a closed outline from one arc length to another, its corners among them."""
    ends = list(accumulate(lengths, initial=0.0))
    total = ends[-1]
    steps = max(8, round((last - first) / step))
    places = [first + (last - first) * n / steps for n in range(steps + 1)]
    corners = [end + turn * total for turn in range(3) for end in ends[:-1] if first < end + turn * total < last]
    path = []
    for place in sorted({*places, *corners}):
        rest = place % total
        side = min(bisect_right(ends, rest) - 1, len(lengths) - 1)
        part = (rest - ends[side]) / lengths[side]
        (ax, ay), (bx, by) = points[side], points[(side + 1) % len(points)]
        path.append((ax + (bx - ax) * part, ay + (by - ay) * part))
    return path


def _stroke(
    path: Sequence[Offset], shape: PlacedShape, width: float, unsteady: float, draws: Sequence[float]
) -> Stroke:
    """`path` as the hand draws it: off its start, in slow and fast waves, thick and thin."""
    size = shape.size
    off_x, off_y = (between((-_OFF, _OFF), draw) * size * unsteady for draw in draws[:2])
    waves = [
        _Wave(
            math.tau / (size * between(lengths, draws[n])),
            height * size * unsteady,
            (math.tau * draws[n + 1], math.tau * draws[n + 2], math.tau * draws[n + 3]),
        )
        for n, (lengths, height) in zip(range(2, _DRAWS, 4), _WAVES, strict=True)
    ]
    ends = list(accumulate((math.dist(a, b) for a, b in pairwise(path)), initial=0.0))
    points: list[Point] = []
    half_widths: list[float] = []
    for (x, y), place in zip(path, ends, strict=True):
        shift_x, shift_y = (_total(wave.height * wave.at(place, axis) for wave in waves) for axis in range(2))
        swell = _total(wave.at(place, 2) for wave in waves[:2])
        taper = min(1.0, 0.55 + min(place, ends[-1] - place) / (0.12 * size))
        points.append((shape.centre[0] + x + off_x + shift_x, shape.centre[1] + y + off_y + shift_y))
        half_widths.append(width / 2 * (1 + 0.18 * swell) * taper)
    return Stroke(tuple(points), tuple(half_widths))


@dataclass(frozen=True, slots=True)
class _Wave:
    """A regular part of the hand's unrest.

    Attributes:
        rate: Radians for each pixel of the way.
        height: Its height in pixels.
        starts: Where it starts, in radians: to the side, downwards, in the line's width.
    """

    rate: float
    height: float
    starts: tuple[float, float, float]

    def at(self, place: float, axis: int) -> float:
        """From -1 to 1 after `place` pixels of the way."""
        return math.sin(self.rate * place + self.starts[axis])


def _total(values: Iterable[float]) -> float:
    """The sum, rounded after each number: the built-in one rounds differently from Python 3.12 on."""
    total = 0.0
    for value in values:
        total += value
    return total
