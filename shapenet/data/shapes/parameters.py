"""Everything that decides what the shapes look like, validated."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from shapenet.data.shapes.names import FieldName, ShapeName
from shapenet.errors import ConfigError, Problem
from shapenet.values import FractionRange, as_tuple

Interval = tuple[float, float]
"""Two numbers, the lower one first."""


ShapeNames = Annotated[tuple[ShapeName, ...], BeforeValidator(as_tuple), Field(min_length=1)]
"""One or more shapes."""

_Degrees = Annotated[float, Field(ge=-360, le=360)]
DegreeRange = Annotated[tuple[_Degrees, _Degrees], BeforeValidator(as_tuple)]
"""Two angles from -360 to 360 degrees; ``[-30, 30]`` goes through 0."""

_Count = Annotated[int, Field(ge=0, le=100)]
CountRange = Annotated[tuple[_Count, _Count], BeforeValidator(as_tuple)]
"""Two counts from 0 to 100, both included."""

_NumShapes = Annotated[int, Field(ge=1, le=50)]
NumShapesRange = Annotated[tuple[_NumShapes, _NumShapes], BeforeValidator(as_tuple)]
"""Two counts from 1 to 50, both included."""

_Blur = Annotated[float, Field(ge=0, le=0.1)]
BlurRange = Annotated[tuple[_Blur, _Blur], BeforeValidator(as_tuple)]
"""Two numbers from 0 to 0.1."""

_Occlusion = Annotated[float, Field(ge=0, le=0.9)]
OcclusionRange = Annotated[tuple[_Occlusion, _Occlusion], BeforeValidator(as_tuple)]
"""Two numbers from 0 to 0.9."""

_Fraction = Annotated[float, Field(ge=0, le=1)]


def _complete(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names) or not {"image", "label"} <= set(names):
        raise ValueError("expected image, label and perhaps others, each once")
    return names


FieldNames = Annotated[tuple[FieldName, ...], BeforeValidator(as_tuple), AfterValidator(_complete)]
"""Fields of records of shapes: image and label always, others if wanted, each once."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShapesParameters:
    """What the shapes generator draws; each value has one place and one default, here.

    Lengths are fractions of the image's side, so that one set of values suits any size.
    Each image draws its own value from every range, uniformly.

    Attributes:
        classes: The shapes, in label order, without repeats.
        num_images: Number of images, over all classes; image `i` shows class
            ``i % len(classes)``.
        size: Side of the square image in pixels.
        seed: Other seeds give independent images.
        scale: Range of the diameter of the circle around the shape, as a fraction of the
            side: a square's diagonal, an ellipse's longer axis.
        angle: Range of the rotation in degrees, clockwise.
        foreground_hue: Range of the shape's hue in degrees: 0 red, 120 green, 240 blue.
        foreground_saturation: Range of its saturation: 0 gray, 1 as strong as its luma allows.
        foreground_luma: Range of its luma: 0 black, 1 white.
        background_hue: The same for the background.
        background_saturation: The same for the background.
        background_luma: The same for the background.
        contrast: Least difference in luma between shape and background, kept by every image.
            Luma is that of ITU-R BT.709: ``0.2126 R' + 0.7152 G' + 0.0722 B'``.
        noise: Standard deviation of the noise added to every channel of every pixel,
            as a fraction of the range from black to white.
        outline: Fraction of the images that show the outline only; true and false are 1 and 0.
        line_width: Width of the outline as a fraction of the shape's diameter; at least one
            pixel is drawn.
        distractors: Range of the number of small marks (dots and short strokes) behind the
            shape; each is shorter than half of the smallest shape.
        num_shapes: Range of the number of shapes in an image. The main one gives the label,
            lies on top and is the largest; the others are of any of the classes. One for
            which some twenty tries find no room is left out.
        overlap: How far the circles around two shapes may run into each other, as a
            fraction of the sum of their radii: 0 keeps shapes apart, 1 lets them lie anywhere.
        blur: Range of the standard deviation of a Gaussian blur, as a fraction of the side;
            it comes before the noise.
        occlusion: Range of the fraction of the main shape's area that a straight-edged bar
            or patch hides, in the background's colour or one that differs from the shape's.
        clutter: Range of the number of lines, blobs, gradients and textures behind the
            shapes; their colours leave every shape its contrast.
        hand_drawn: Fraction of the images whose shapes a hand drew: wobbly outlines of
            uneven width that stay open or cross at the corners.
        paper: Fraction of the hand-drawn images that show dark ink or graphite on light
            paper, whatever the ranges of the colours say; the contrast holds.
    """

    classes: ShapeNames
    num_images: Annotated[int, Field(ge=1, lt=2**48)] = 20_000
    size: Annotated[int, Field(ge=8, le=2048)] = 128
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    scale: FractionRange = (0.15, 0.6)
    angle: DegreeRange = (0.0, 360.0)
    foreground_hue: DegreeRange = (0.0, 360.0)
    foreground_saturation: FractionRange = (0.35, 0.95)
    foreground_luma: FractionRange = (0.08, 0.96)
    background_hue: DegreeRange = (0.0, 360.0)
    background_saturation: FractionRange = (0.1, 0.7)
    background_luma: FractionRange = (0.08, 0.96)
    contrast: Annotated[float, Field(ge=0.02, le=0.9)] = 0.25
    noise: Annotated[float, Field(ge=0, le=0.15)] = 0.02
    outline: bool | _Fraction = False
    line_width: Annotated[float, Field(gt=0, le=0.1)] = 0.06
    distractors: CountRange = (0, 0)
    num_shapes: NumShapesRange = (1, 1)
    overlap: _Fraction = 0.1
    blur: BlurRange = (0.0, 0.0)
    occlusion: OcclusionRange = (0.0, 0.0)
    clutter: CountRange = (0, 0)
    hand_drawn: bool | _Fraction = False
    paper: bool | _Fraction = False

    def __post_init__(self) -> None:
        """Check every value by its type, then the values against each other.

        Raises:
            ConfigError: Some are wrong; all of them are named.
        """
        problems: list[Problem] = []
        for name, adapter in _adapters().items():
            try:
                object.__setattr__(self, name, adapter.validate_python(getattr(self, name), strict=True))
            except ValidationError as error:
                problems.append(_problem(name, f"{error.errors()[0]['msg']}, received {getattr(self, name)!r}"))
        problems = problems or list(_cross_problems(self))
        if problems:
            raise ConfigError(problems)

    def as_dict(self) -> dict[str, Any]:
        """All values by name, ranges as tuples."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @property
    def background_intervals(self) -> tuple[Interval, ...]:
        """The luma that a background may have, so that a foreground can differ enough."""
        low, high = self.foreground_luma[0] + self.luma_distance, self.foreground_luma[1] - self.luma_distance
        return (self.background_luma,) if low <= high else _outside((high, low), self.background_luma)

    def foreground_intervals(self, background: float) -> tuple[Interval, ...]:
        """The luma that a foreground may have before a background of luma `background`."""
        return _outside((background - self.luma_distance, background + self.luma_distance), self.foreground_luma)

    @property
    def luma_distance(self) -> float:
        """The contrast, and what rounding both colours to whole numbers may take from it."""
        return self.contrast + 1 / 255


def default_values() -> dict[str, Any]:
    """The default of every field that has one."""
    return {f.name: f.default for f in dataclasses.fields(ShapesParameters) if f.default is not dataclasses.MISSING}


def _outside(gap: Interval, span: Interval) -> tuple[Interval, ...]:
    """The parts of `span` that lie below and above `gap`; its ends belong to them."""
    parts = ((span[0], min(span[1], gap[0])), (max(span[0], gap[1]), span[1]))
    return tuple(part for part in parts if part[0] <= part[1])


@lru_cache(maxsize=1)
def _adapters() -> Mapping[str, TypeAdapter[Any]]:
    hints = typing.get_type_hints(ShapesParameters, include_extras=True)
    return {field.name: TypeAdapter(hints[field.name]) for field in dataclasses.fields(ShapesParameters)}


def _problem(name: str, message: str, hint: str | None = None) -> Problem:
    return Problem("config/shapes", f"{name}: {message}", key=(name,), hint=hint)


def _cross_problems(parameters: ShapesParameters) -> typing.Iterator[Problem]:
    for name, value in parameters.as_dict().items():
        if name == "classes" and len(set(value)) < len(value):
            yield _problem(name, f"expected every shape once, received {', '.join(value)}")
        elif name != "classes" and isinstance(value, tuple) and value[0] > value[1]:
            yield _problem(name, f"expected the lower number first, received {list(value)}")
    if parameters.scale[0] <= 0:
        yield _problem("scale", f"expected numbers above 0, received {list(parameters.scale)}")
    if parameters.paper and not parameters.hand_drawn:
        hint = "only hand-drawn images show ink on paper"
        yield _problem("paper", f"does nothing without hand-drawn images, received {parameters.paper}", hint)
    if not parameters.background_intervals:
        yield _problem(
            "contrast",
            f"no background of luma {list(parameters.background_luma)} differs by {parameters.contrast} "
            f"from a foreground of luma {list(parameters.foreground_luma)}",
            "widen a luma range or lower the contrast",
        )
