"""What an image shows, drawn from (seed, index): facts only, no pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from shapenet.data.shapes.geometry import SHAPE_FORMS, Figure
from shapenet.data.shapes.names import SHAPES, ShapeName
from shapenet.data.shapes.parameters import Interval, ShapesParameters

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255, as sRGB."""

LUMA_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""ITU-R BT.709, the primaries of sRGB; luma is taken from the values as they are stored."""


class Stream(IntEnum):
    """The independent random streams of an image."""

    SHAPE = 0
    MARKS = 1
    NOISE = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """A distractor: a dot or a short stroke behind the shape.

    Attributes:
        centre: ``(x, y)`` in pixels from the image's top left corner.
        half_length: Half its length in pixels without the round ends; 0 for a dot.
        angle: Direction in radians, clockwise.
        half_width: Half its width in pixels.
        colour: Its colour.
    """

    centre: tuple[float, float]
    half_length: float
    angle: float
    half_width: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is known about an image.

    Attributes:
        index: Its number in the data set.
        label: Index into the parameters' classes.
        shape: The class's name.
        centre: ``(x, y)`` in pixels from the image's top left corner; a pixel's own centre
            is half a pixel from its corner.
        figure: Radius, angle and traits of the shape.
        area: Area inside the shape's outer edge, in square pixels.
        foreground: The shape's colour.
        background: The background's colour.
        line_width: Width of the outline in pixels; None for a filled shape.
        marks: The distractors behind the shape.
    """

    index: int
    label: int
    shape: ShapeName
    centre: tuple[float, float]
    figure: Figure
    area: float
    foreground: Colour
    background: Colour
    line_width: float | None
    marks: tuple[Mark, ...]

    @property
    def size(self) -> float:
        """Diameter in pixels of the circle around the shape."""
        return 2 * self.figure.radius

    @property
    def angle_degrees(self) -> float:
        """Rotation in degrees, clockwise."""
        return math.degrees(self.figure.angle)


def luma(colour: Sequence[float]) -> float:
    """Luma of a colour in the unit of its channels."""
    return sum(weight * channel for weight, channel in zip(LUMA_WEIGHTS, colour, strict=True))


def label_of(parameters: ShapesParameters, index: int) -> int:
    """The label of image `index`: classes take turns, so any prefix is balanced."""
    return index % len(parameters.classes)


def bit_generator(parameters: ShapesParameters, index: int, stream: Stream) -> np.random.Philox:
    """The random stream of an image, keyed by seed, shape, index and purpose.

    Philox gives every 128-bit key an independent stream, without any seeding work: Salmon
    et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011). The shape is part of the
    key, so that data sets of single shapes with one seed don't share places and colours.
    """
    shape = SHAPES.index(parameters.classes[label_of(parameters, index)])
    return np.random.Philox(key=parameters.seed | (index | shape << 48 | stream << 56) << 64)


def draw_facts(parameters: ShapesParameters, index: int) -> Drawing:
    """Decide everything about image `index`, noise aside.

    Args:
        parameters: The data set.
        index: From 0 up to ``parameters.num_images``.
    """
    label = label_of(parameters, index)
    shape = parameters.classes[label]
    traits = SHAPE_FORMS[shape].traits
    draws = _uniforms(bit_generator(parameters, index, Stream.SHAPE), 11 + len(traits))
    radius = _between(parameters.scale, draws[0]) * parameters.size / 2
    figure = Figure(
        radius,
        math.radians(_between(parameters.angle, draws[1])),
        tuple(_between(bounds, draw) for bounds, draw in zip(traits, draws[11:], strict=True)),
    )
    background, background_luma = _background(parameters, draws[4:7])
    outlined = draws[10] < float(parameters.outline)
    return Drawing(
        index=index,
        label=label,
        shape=shape,
        centre=(_place(parameters.size, radius, draws[2]), _place(parameters.size, radius, draws[3])),
        figure=figure,
        area=SHAPE_FORMS[shape].area(figure),
        foreground=_foreground(parameters, background_luma, draws[7:10]),
        background=background,
        line_width=max(1.0, parameters.line_width * 2 * radius) if outlined else None,
        marks=_marks(parameters, index, background_luma) if parameters.distractors[1] else (),
    )


def _uniforms(generator: np.random.Philox, count: int) -> list[float]:
    """Numbers from 0 up to 1, from raw bits alone: no library version can change them."""
    return [(bits >> 11) * 2.0**-53 for bits in generator.random_raw(count).tolist()]


def _between(bounds: Interval, draw: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * draw


def _within(intervals: Sequence[Interval], draw: float) -> float:
    """A number from a union of intervals, uniform by length."""
    rest = draw * sum(high - low for low, high in intervals)
    for low, high in intervals:
        if rest <= high - low:
            return low + rest
        rest -= high - low
    return intervals[-1][1]


def _place(size: int, radius: float, draw: float) -> float:
    """A coordinate of the centre: the shape and its soft edge stay inside if they can."""
    margin = min(radius + 1, size / 2)
    return _between((margin, size - margin), draw)


def _background(parameters: ShapesParameters, draws: Sequence[float]) -> tuple[Colour, float]:
    level = _within(parameters.background_intervals, draws[0])
    hue = _between(parameters.background_hue, draws[1])
    return _colour(level, hue, _between(parameters.background_saturation, draws[2])), level


def _foreground(parameters: ShapesParameters, background_luma: float, draws: Sequence[float]) -> Colour:
    level = _within(parameters.foreground_intervals(background_luma), draws[0])
    hue = _between(parameters.foreground_hue, draws[1])
    return _colour(level, hue, _between(parameters.foreground_saturation, draws[2]))


def _colour(level: float, hue: float, saturation: float) -> Colour:
    """The colour of luma `level`, moved from gray towards `hue`.

    The three channels' cosines, less their luma, are a direction that leaves luma as it is;
    saturation is the fraction of the way to the edge of the gamut.
    """
    radians = math.radians(hue)
    cosines = [math.cos(radians - third * math.tau / 3) for third in range(3)]
    offset = luma(cosines)
    steps = [cosine - offset for cosine in cosines]
    room = min((1 - level) / step if step > 0 else -level / step for step in steps if step)
    red, green, blue = (min(255, max(0, round(255 * (level + saturation * room * step)))) for step in steps)
    return red, green, blue


def _marks(parameters: ShapesParameters, index: int, background_luma: float) -> tuple[Mark, ...]:
    low, high = parameters.distractors
    draws = _uniforms(bit_generator(parameters, index, Stream.MARKS), 1 + 9 * high)
    count = low + int(draws[0] * (high - low + 1))
    return tuple(_mark(parameters, background_luma, draws[1 + 9 * n : 10 + 9 * n]) for n in range(count))


def _mark(parameters: ShapesParameters, background_luma: float, draws: Sequence[float]) -> Mark:
    """A dot or a stroke, equally likely; lengths go by the smallest shape that the data set can hold."""
    smallest = parameters.scale[0] * parameters.size
    stroke = draws[0] < 0.5
    return Mark(
        centre=(draws[1] * parameters.size, draws[2] * parameters.size),
        half_length=smallest * _between((0.08, 0.2), draws[3]) if stroke else 0.0,
        angle=draws[4] * math.pi,
        half_width=smallest * _between((0.025, 0.045) if stroke else (0.04, 0.07), draws[5]),
        colour=_foreground(parameters, background_luma, draws[6:9]),
    )
