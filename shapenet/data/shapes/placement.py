"""Where the other shapes of an image lie: as far from each other as is asked, or nowhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from shapenet.data.shapes.colours import Colour
from shapenet.data.shapes.facts import PlacedShape, Point
from shapenet.data.shapes.geometry import SHAPE_FORMS, Figure
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.streams import Stream, between, bit_generator, count_between, uniforms

_TRIES = 20
_MOST_TRAITS = 3


def figure_of(parameters: ShapesParameters, label: int, radius: float, draws: Sequence[float]) -> Figure:
    """The form of a shape of class `label`; its angle is the first draw, its traits the next ones."""
    traits = SHAPE_FORMS[parameters.classes[label]].traits
    return Figure(
        radius,
        math.radians(between(parameters.angle, draws[0])),
        tuple(between(bounds, draw) for bounds, draw in zip(traits, draws[1:], strict=False)),
    )


def coordinate(size: int, radius: float, draw: float) -> float:
    """A coordinate of the centre: the shape and its soft edge stay inside if they can."""
    margin = min(radius + 1, size / 2)
    return between((margin, size - margin), draw)


def line_width_of(parameters: ShapesParameters, radius: float) -> float:
    """Width in pixels of a shape's outline."""
    return max(1.0, parameters.line_width * 2 * radius)


def place_others(
    parameters: ShapesParameters, index: int, main: PlacedShape, colour_of: Callable[[Sequence[float]], Colour]
) -> list[PlacedShape]:
    """The shapes beside the main one, each on top of those before it.

    None is larger than the main one. A shape tries twenty sizes and places, and is left out
    if each comes too close to another shape.

    Args:
        parameters: The data set.
        index: The image.
        main: Its main shape.
        colour_of: Gives a shape's colour from three draws.
    """
    generator = bit_generator(parameters, index, Stream.OTHERS)
    count = count_between(parameters.num_shapes, uniforms(generator, 1)[0]) - 1
    placed: list[PlacedShape] = []
    for _ in range(count):
        draws = uniforms(generator, 6 + _MOST_TRAITS + 3 * _TRIES)
        room = _room(parameters, (main, *placed), draws[6 + _MOST_TRAITS :])
        if room is None:
            continue
        centre, radius = room
        label = int(draws[0] * len(parameters.classes))
        outlined = draws[1] < float(parameters.outline)
        placed.append(
            PlacedShape(
                shape=parameters.classes[label],
                label=label,
                centre=centre,
                figure=figure_of(parameters, label, radius, draws[5:]),
                foreground=colour_of(draws[2:5]),
                line_width=line_width_of(parameters, radius) if outlined else None,
            )
        )
    return placed


def _room(
    parameters: ShapesParameters, taken: Sequence[PlacedShape], draws: Sequence[float]
) -> tuple[Point, float] | None:
    """Centre and radius of a circle that keeps its distance from all that is there."""
    smallest = parameters.scale[0] * parameters.size / 2
    for size, x, y in zip(draws[::3], draws[1::3], draws[2::3], strict=True):
        radius = between((smallest, taken[0].figure.radius), size)
        centre = (coordinate(parameters.size, radius, x), coordinate(parameters.size, radius, y))
        if all(_apart(parameters, centre, radius, other) for other in taken):
            return centre, radius
    return None


def _apart(parameters: ShapesParameters, centre: Point, radius: float, other: PlacedShape) -> bool:
    return math.dist(centre, other.centre) >= (1 - parameters.overlap) * (radius + other.figure.radius)
