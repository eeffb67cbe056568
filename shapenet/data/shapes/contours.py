"""The outlines of shapes as points, for a pen to follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from types import MappingProxyType

from shapenet.data.shapes.geometry import Figure, sides, triangle_arcs
from shapenet.data.shapes.names import ShapeName

Offset = tuple[float, float]
"""``(x, y)`` in pixels from the shape's centre."""

Contour = tuple[tuple[Offset, ...], ...]
"""A closed outline: its sides in order, each from corner to corner; a curve is a single side."""

_CURVE_POINTS = 48


def contours(shape: ShapeName, figure: Figure) -> tuple[Contour, ...]:
    """The closed outlines of a shape, the outer one first.

    Args:
        shape: The class.
        figure: Its form.
    """
    return tuple(_turned(contour, figure.angle) for contour in _CONTOURS[shape](figure))


def _turned(contour: Contour, angle: float) -> Contour:
    cos, sin = math.cos(angle), math.sin(angle)
    return tuple(tuple((cos * u - sin * v, sin * u + cos * v) for u, v in side) for side in contour)


def _polygon(corners: Sequence[Offset]) -> tuple[Contour, ...]:
    return (tuple(pairwise([*corners, corners[0]])),)


def _curve(half_u: float, half_v: float) -> Contour:
    turns = (math.tau * step / _CURVE_POINTS for step in range(_CURVE_POINTS + 1))
    return (tuple((half_u * math.cos(turn), half_v * math.sin(turn)) for turn in turns),)


def _polar(radii: Iterable[float], turns: Iterable[float]) -> list[Offset]:
    return [(radius * math.cos(turn), radius * math.sin(turn)) for radius, turn in zip(radii, turns, strict=False)]


def _regular(corners: int, first: float = 0.0) -> Callable[[Figure], tuple[Contour, ...]]:
    turns = [first + math.tau * corner / corners for corner in range(corners)]
    return lambda figure: _polygon(_polar([figure.radius] * corners, turns))


def _triangle(figure: Figure) -> tuple[Contour, ...]:
    return _polygon(_polar([figure.radius] * 3, accumulate(triangle_arcs(figure), initial=0.0)))


def _rectangle(figure: Figure) -> tuple[Contour, ...]:
    a, b = sides(figure)
    return _polygon([(a, b), (-a, b), (-a, -b), (a, -b)])


def _cross(figure: Figure) -> tuple[Contour, ...]:
    a, b = sides(figure)
    quarter = [(a, -b), (a, b), (b, b)]
    corners = []
    for _ in range(4):
        corners += quarter
        quarter = [(-v, u) for u, v in quarter]
    return _polygon(corners)


def _star(figure: Figure) -> tuple[Contour, ...]:
    radii = [figure.radius, figure.radius * figure.traits[0]] * 5
    return _polygon(_polar(radii, (math.pi * corner / 5 for corner in range(10))))


def _ring(figure: Figure) -> tuple[Contour, ...]:
    inner = figure.radius * figure.traits[0]
    return _curve(figure.radius, figure.radius), _curve(inner, inner)


_CONTOURS: Mapping[ShapeName, Callable[[Figure], tuple[Contour, ...]]] = MappingProxyType(
    {
        "square": _regular(4, math.pi / 4),
        "triangle": _triangle,
        "circle": lambda figure: (_curve(figure.radius, figure.radius),),
        "rectangle": _rectangle,
        "ellipse": lambda figure: (_curve(figure.radius, figure.radius * figure.traits[0]),),
        "pentagon": _regular(5),
        "hexagon": _regular(6),
        "star": _star,
        "cross": _cross,
        "ring": _ring,
    }
)
