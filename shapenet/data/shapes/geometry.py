"""Where the edge of each shape is: signed distances and areas, no colours and no pixels.

A shape is drawn around its centre inside a circle of radius `radius`, which it touches.
Distances are negative inside and exact near the edge; where edges meet outside a corner they
fall short of the true distance, which makes outlines sharp at the corners.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.names import ShapeName

Grid = npt.NDArray[np.float32]

Numbers = Any
"""A float, or many: float64 ``(figures, 1, 1)``."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A shape's form, without its place and colours.

    Attributes:
        radius: Radius in pixels of the circle around the shape.
        angle: Rotation in radians, clockwise on the screen, where y points down.
        traits: The numbers that vary within the class, as its `Shape.traits` describe them.
    """

    radius: float
    angle: float
    traits: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Many figures of one class, whose distances are found at once; see `Figure`.

    Attributes:
        radius: float64 ``(figures, 1, 1)``, like all the others.
        angle: As in `Figure`.
        traits: As in `Figure`.
    """

    radius: npt.NDArray[np.float64]
    angle: npt.NDArray[np.float64]
    traits: tuple[npt.NDArray[np.float64], ...]


AnyFigure = Figure | Figures
"""What distances are measured to: to one figure from offsets of two dimensions, to many from three."""


@dataclass(frozen=True)
class Shape:
    """How a class of shapes is drawn.

    Attributes:
        distance: Gives the signed distance to the edge in pixels at ``(x, y)``, offsets
            from the centre as float32 arrays ``(1, width)`` and ``(height, 1)``; the result is
            ``(height, width)``. For many figures each shape has their number in front.
        area: Gives the area in square pixels.
        traits: Range of each trait; they keep the classes apart.
        symmetry: The smallest rotation in degrees that leaves the shape as it is; 0 where
            every rotation does.
        direction: Gives the direction in radians that a picture of the shape shows, up to
            `symmetry`.
        seen_traits: Gives the traits as a picture of the shape shows them, seen from `direction`.
    """

    distance: Callable[[Grid, Grid, AnyFigure], Grid]
    area: Callable[[Figure], float]
    traits: tuple[tuple[float, float], ...] = ()
    symmetry: float = 0.0
    direction: Callable[[Figure], float] = attrgetter("angle")
    seen_traits: Callable[[Figure], tuple[float, ...]] = attrgetter("traits")


def each(function: Callable[..., float], *values: Numbers) -> Numbers:
    """``function(*values)``, of each number where they are many: with the last bit that Python's own functions give."""
    if not isinstance(values[0], np.ndarray):
        return function(*values)
    columns = [value.ravel().tolist() for value in values]
    return np.array(list(map(function, *columns))).reshape(values[0].shape)


def along(x: Grid, y: Grid, angle: Numbers) -> Grid:
    """The coordinate of ``(x, y)`` along the direction `angle` (radians, clockwise)."""
    result: Grid = np.float32(each(math.cos, angle)) * x + np.float32(each(math.sin, angle)) * y
    return result


def sides(figure: AnyFigure) -> tuple[Numbers, Numbers]:
    """Half the longer and half the shorter side of a rectangle with the trait as their ratio."""
    longer = figure.radius / each(_diagonal, figure.traits[0])
    return longer, longer * figure.traits[0]


def _diagonal(side: float) -> float:
    return math.hypot(1.0, side)


def box(u: Grid, v: Grid, half_u: Numbers, half_v: Numbers) -> Grid:
    """Distance to a box; `u` and `v` are offsets without sign."""
    result: Grid = np.maximum(u - np.float32(half_u), v - np.float32(half_v))
    return result


def _square(x: Grid, y: Grid, figure: AnyFigure) -> Grid:
    side = np.abs(along(x, y, figure.angle))
    half = figure.radius / math.sqrt(2)
    return box(side, np.abs(along(x, y, figure.angle + math.pi / 2)), half, half)


def _rectangle(x: Grid, y: Grid, figure: AnyFigure) -> Grid:
    u, v = np.abs(along(x, y, figure.angle)), np.abs(along(x, y, figure.angle + math.pi / 2))
    return box(u, v, *sides(figure))


def _cross(x: Grid, y: Grid, figure: AnyFigure) -> Grid:
    u, v = np.abs(along(x, y, figure.angle)), np.abs(along(x, y, figure.angle + math.pi / 2))
    longer, shorter = sides(figure)
    return np.minimum(box(u, v, longer, shorter), box(u, v, shorter, longer))


def _cross_area(figure: Figure) -> float:
    longer, shorter = sides(figure)
    area: float = 8 * longer * shorter - 4 * shorter**2
    return area


def _inscribed(x: Grid, y: Grid, figure: AnyFigure, arcs: Sequence[Numbers]) -> Grid:
    """Distance to the polygon whose corners lie on the circle, `arcs` radians apart."""
    start = figure.angle
    result: Grid | None = None
    for arc in arcs:
        edge = along(x, y, start + arc / 2) - np.float32(figure.radius * each(math.cos, arc / 2))
        result = edge if result is None else np.maximum(result, edge, out=result)
        start = start + arc  # not in place: it may be the figure's own array
    assert result is not None  # noqa: S101 - a polygon has corners
    return result


def _inscribed_area(figure: Figure, arcs: Sequence[float]) -> float:
    return figure.radius**2 / 2 * sum(math.sin(arc) for arc in arcs)


def triangle_arcs(figure: AnyFigure) -> list[Numbers]:
    """Arcs from 90 to 155 degrees: angles from 45 to 77 degrees, never flat."""
    first, second, third = figure.traits
    total = first + second + third  # not sum(), which rounds differently from Python 3.12 on
    return [math.tau * trait / total for trait in figure.traits]


def _sharpest_corner(figure: Figure) -> float:
    """Direction of the triangle's corner opposite its shortest side; the picture tells no first corner."""
    return figure.angle + sum(triangle_arcs(figure)[: _sharpest(figure)])


def _arcs_from_sharpest(figure: Figure) -> tuple[float, ...]:
    """The triangle's arcs in degrees, clockwise from its sharpest corner."""
    arcs, corner = [math.degrees(arc) for arc in triangle_arcs(figure)], _sharpest(figure)
    return (*arcs[corner:], *arcs[:corner])


def _sharpest(figure: Figure) -> int:
    """The number of the corner opposite the triangle's shortest side."""
    arcs = triangle_arcs(figure)
    return (arcs.index(min(arcs)) + 2) % 3


def _regular(corners: int) -> Shape:
    arcs = [math.tau / corners] * corners
    return Shape(
        lambda x, y, figure: _inscribed(x, y, figure, arcs),
        lambda figure: _inscribed_area(figure, arcs),
        symmetry=360 / corners,
    )


def _circle(x: Grid, y: Grid, figure: AnyFigure) -> Grid:
    result: Grid = np.sqrt(x * x + y * y) - np.float32(figure.radius)
    return result


def _ring(x: Grid, y: Grid, figure: AnyFigure) -> Grid:
    outer = _circle(x, y, figure)
    result: Grid = np.maximum(outer, np.float32(-figure.radius * (1 - figure.traits[0])) - outer)
    return result


def _ellipse(x: Grid, y: Grid, figure: AnyFigure) -> Grid:
    """First-order distance ``f (f - 1) / |grad f^2 / 2|`` with ``f^2 = (u/a)^2 + (v/b)^2``."""
    a, b = np.float32(figure.radius), np.float32(figure.radius * figure.traits[0])
    u, v = along(x, y, figure.angle) / a, along(x, y, figure.angle + math.pi / 2) / b
    level = np.sqrt(u * u + v * v)
    u /= a
    v /= b
    slope = np.sqrt(u * u + v * v)
    result: Grid = level * (level - np.float32(1)) / np.maximum(slope, np.float32(1e-9))
    return result


def _star(x: Grid, y: Grid, figure: AnyFigure) -> Grid:
    """Five mirrors fold the plane into one half of a point, whose edge is a straight line."""
    u, v = along(x, y, figure.angle), np.abs(along(x, y, figure.angle + math.pi / 2))
    u, v = _mirror(u, v, 2 * math.pi / 5)
    u, v = _mirror(u, np.abs(v), math.pi / 5)
    inner = figure.radius * figure.traits[0]
    run = inner * math.cos(math.pi / 5) - figure.radius
    rise = inner * math.sin(math.pi / 5)
    length = each(math.hypot, run, rise)
    u -= np.float32(figure.radius)
    u *= np.float32(rise / length)
    v *= np.float32(run / length)
    return u - v


def _mirror(u: Grid, v: Grid, angle: float) -> tuple[Grid, Grid]:
    """Points beyond the line through the centre at `angle`, mirrored back by it."""
    sin, cos = math.sin(angle), math.cos(angle)
    beyond: Grid = np.maximum(np.float32(2 * cos) * v - np.float32(2 * sin) * u, np.float32(0))
    return u + np.float32(sin) * beyond, v - np.float32(cos) * beyond


SHAPE_FORMS: Mapping[ShapeName, Shape] = MappingProxyType(
    {
        "square": Shape(_square, lambda f: 2 * f.radius**2, symmetry=90),
        "triangle": Shape(
            lambda x, y, f: _inscribed(x, y, f, triangle_arcs(f)),
            lambda f: _inscribed_area(f, triangle_arcs(f)),
            ((0.8, 1.2), (0.8, 1.2), (0.8, 1.2)),
            360,
            _sharpest_corner,
            _arcs_from_sharpest,
        ),
        "circle": Shape(_circle, lambda f: math.pi * f.radius**2),
        "rectangle": Shape(_rectangle, lambda f: 4 * math.prod(sides(f)), ((0.4, 0.7),), 180),
        "ellipse": Shape(_ellipse, lambda f: math.pi * f.radius**2 * f.traits[0], ((0.4, 0.7),), 180),
        "pentagon": _regular(5),
        "hexagon": _regular(6),
        "star": Shape(_star, lambda f: 5 * f.radius**2 * f.traits[0] * math.sin(math.pi / 5), ((0.38, 0.5),), 72),
        "cross": Shape(_cross, _cross_area, ((0.22, 0.42),), 90),
        "ring": Shape(_ring, lambda f: math.pi * f.radius**2 * (1 - f.traits[0] ** 2), ((0.45, 0.6),)),
    }
)
"""Every shape's form. Traits: shorter by longer side or axis (rectangle, ellipse, a cross's
arm), inner by outer radius (star, ring), weights of the three arcs (triangle)."""


def segment_distance(x: Grid, y: Grid, half_length: float, angle: float) -> Grid:
    """Distance to a straight stroke around the origin; a point where `half_length` is 0."""
    beyond = np.maximum(np.abs(along(x, y, angle)) - np.float32(half_length), np.float32(0))
    across = along(x, y, angle + math.pi / 2)
    result: Grid = np.sqrt(beyond * beyond + across * across)
    return result


def coverage(distance: Grid) -> Grid:
    """How much of a pixel the shape covers, 0 to 1, from the distance at the pixel's centre."""
    covered: Grid = np.float32(0.5) - distance
    return np.clip(covered, 0, 1, out=covered)
