"""What is known about an image: facts only, no pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapenet.data.shapes.colours import Colour
from shapenet.data.shapes.geometry import SHAPE_FORMS, Figure
from shapenet.data.shapes.names import ShapeName

Point = tuple[float, float]
"""``(x, y)`` in pixels from the image's top left corner; a pixel's own centre is half a pixel from its corner."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A distractor: a dot or a short stroke behind the shapes.

    Attributes:
        centre: Its middle.
        half_length: Half its length in pixels without the round ends; 0 for a dot.
        angle: Direction in radians, clockwise.
        half_width: Half its width in pixels.
        colour: Its colour.
    """

    centre: Point
    half_length: float
    angle: float
    half_width: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line that a hand drew.

    Attributes:
        points: Where the pen went.
        half_widths: Half the line's width in pixels at each of `points`.
    """

    points: tuple[Point, ...]
    half_widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PlacedShape:
    """One shape of an image.

    Attributes:
        shape: The class's name.
        label: Index into the parameters' classes.
        centre: Centre of the circle around it.
        figure: Radius, angle and traits.
        foreground: Its colour.
        line_width: Width of the outline in pixels, the mean one if a hand drew it; None for
            a filled shape.
        strokes: The lines of the hand that drew it; none for a shape drawn by geometry.
    """

    shape: ShapeName
    label: int
    centre: Point
    figure: Figure
    foreground: Colour
    line_width: float | None
    strokes: tuple[Stroke, ...] = ()

    @property
    def size(self) -> float:
        """Diameter in pixels of the circle around the shape."""
        return 2 * self.figure.radius

    @property
    def symmetry(self) -> float:
        """The smallest rotation in degrees that leaves the shape as it is; 0 where every one does."""
        return SHAPE_FORMS[self.shape].symmetry

    @property
    def angle(self) -> float:
        """Rotation in degrees, clockwise, from 0 up to `symmetry`; 0 where there is nothing to turn.

        Measured from the horizontal to the right. It leads to a corner of a regular polygon
        (to the middle of a square's side) and to a point of a star, along the longer side or
        axis of a rectangle or an ellipse and an arm of a cross, to a triangle's sharpest corner.
        """
        if not self.symmetry:
            return 0.0
        angle = math.degrees(SHAPE_FORMS[self.shape].direction(self.figure)) % self.symmetry
        return angle if angle < self.symmetry else 0.0  # a tiny negative number leaves the modulus itself

    @property
    def traits(self) -> tuple[float, ...]:
        """The numbers that vary within its class.

        Shorter by longer side or axis (rectangle, ellipse, a cross's arm), inner by outer radius (star, ring); the
        degrees of the circle between a triangle's corners, clockwise from the sharpest; none of the others.
        """
        return SHAPE_FORMS[self.shape].seen_traits(self.figure)

    @property
    def area(self) -> float:
        """Area inside the outer edge, a ring's hole not counted, in square pixels, whatever hides parts of it."""
        return SHAPE_FORMS[self.shape].area(self.figure)


@dataclass(frozen=True, slots=True)
class Occluder:
    """A straight-edged patch before the main shape.

    Attributes:
        centre: Its middle.
        half_width: Half its extent along `angle`, in pixels.
        half_length: Half its extent across `angle`, in pixels.
        angle: In radians, clockwise.
        colour: Its colour.
        hidden: Fraction of the main shape's area behind it.
    """

    centre: Point
    half_width: float
    half_length: float
    angle: float
    colour: Colour
    hidden: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A long line of clutter: an arc of a large circle.

    Attributes:
        centre: The circle's centre.
        radius: Its radius in pixels.
        half_width: Half the line's width in pixels.
        colour: Its colour.
    """

    centre: Point
    radius: float
    half_width: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Blob:
    """A soft patch of clutter: round drops that run into one another.

    Attributes:
        drops: Centre and radius in pixels of each.
        softness: Width of the edge as a fraction of the first drop's radius.
        colour: Its colour.
    """

    drops: tuple[tuple[Point, float], ...]
    softness: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Gradient:
    """A change of the background from side to side.

    Attributes:
        angle: Where to, in radians, clockwise.
        colour: The colour at its end.
    """

    angle: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Texture:
    """Cloudy spots all over the background.

    Attributes:
        heights: Random bytes at the crossings of a grid, row by row; between them the texture is smooth.
        cells: Number of the grid's cells along a side; its heights reach one crossing beyond
            each edge, so ``(cells + 3) ** 2`` bytes belong to it.
        colour: The colour where the bytes are highest.
    """

    heights: bytes
    cells: int
    colour: Colour


Clutter = Curve | Blob | Gradient | Texture
"""Something behind the shapes that is none of them."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is known about an image, noise aside.

    Attributes:
        index: Its number in the data set.
        shapes: The shapes from the lowest to the topmost; the last is the main one.
        background: The background's colour.
        clutter: What lies behind all the rest, in the order of painting.
        marks: The distractors behind the shapes.
        occluder: What hides a part of the main shape, if anything does.
        blur: Standard deviation of the Gaussian blur in pixels; 0 for none.
    """

    index: int
    shapes: tuple[PlacedShape, ...]
    background: Colour
    clutter: tuple[Clutter, ...] = ()
    marks: tuple[Mark, ...] = ()
    occluder: Occluder | None = None
    blur: float = 0.0

    @property
    def main(self) -> PlacedShape:
        """The topmost and largest shape, which gives the label."""
        return self.shapes[-1]
