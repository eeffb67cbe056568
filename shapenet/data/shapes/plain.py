"""Images of one shape on a plain background each: many at once, their facts as arrays, and their pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.colours import Colour, mixed_many
from shapenet.data.shapes.facts import Drawing, PlacedShape
from shapenet.data.shapes.geometry import SHAPE_FORMS, Figure, Figures, coverage
from shapenet.data.shapes.paint import box_around, offsets
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.streams import Stream, between, raw_bits, unit, within

_TOGETHER = 2**15
"""So many pixels are worked on at once: each array of them must fit the processor's cache."""

_DRAWS = 14
"""Eleven for every shape, and one for each of up to three traits."""

_Reals = npt.NDArray[np.float64]


def is_plain(parameters: ShapesParameters) -> bool:
    """Whether every image shows one shape, drawn by geometry, on a plain background, and noise at most."""
    dials = (parameters.distractors, parameters.clutter, parameters.occlusion, parameters.blur)
    return parameters.num_shapes[1] == 1 and not parameters.hand_drawn and not any(high for _, high in dials)


@dataclass(frozen=True)
class PlainImages:
    """What `shapenet.data.shapes.sampling.draw_facts` says of plain images, in arrays.

    Attributes:
        parameters: The data set.
        start: The first image.
        labels: Class of each.
        centres: x and y of each shape, ``(images, 2)``.
        radii: Radius in pixels of the circle around it.
        angles: In radians, clockwise.
        traits: Three numbers, of which a class uses those that it has, ``(images, 3)``.
        foregrounds: Its colour, whole numbers, ``(images, 3)``.
        backgrounds: The background's.
        line_widths: Width of the outline in pixels; NaN for a filled shape.
    """

    parameters: ShapesParameters
    start: int
    labels: npt.NDArray[np.int64]
    centres: _Reals
    radii: _Reals
    angles: _Reals
    traits: _Reals
    foregrounds: _Reals
    backgrounds: _Reals
    line_widths: _Reals

    def drawings(self) -> Iterator[Drawing]:
        """The facts of one image after the other."""
        columns = (self.centres, self.radii, self.angles, self.traits, self.line_widths)
        facts = zip(self.labels.tolist(), *(column.tolist() for column in columns), strict=True)
        colours = zip(_colours(self.foregrounds), _colours(self.backgrounds), strict=True)
        for index, (fact, (foreground, background)) in enumerate(zip(facts, colours, strict=True), self.start):
            label, (x, y), radius, angle, traits, width = fact
            shape = self.parameters.classes[label]
            figure = Figure(radius, angle, tuple(traits[: len(SHAPE_FORMS[shape].traits)]))
            line_width = None if math.isnan(width) else width
            yield Drawing(
                index=index,
                shapes=(PlacedShape(shape, label, (x, y), figure, foreground, line_width),),
                background=background,
            )


def _colours(values: _Reals) -> Iterable[Colour]:
    return map(tuple, values.astype(int).tolist())


def draw_plain(parameters: ShapesParameters, start: int, stop: int) -> PlainImages:
    """Decide everything about the images from `start` up to `stop`, noise aside.

    The numbers are those of `shapenet.data.shapes.sampling.draw_facts` to the last bit.

    Args:
        parameters: A data set that `is_plain`.
        start: The first image.
        stop: The one after the last.
    """
    bits = [raw_bits(parameters, index, Stream.SHAPE, _DRAWS) for index in range(start, stop)]
    draws = unit(np.array(bits, np.uint64).reshape(-1, _DRAWS)).T
    labels = np.arange(start, stop) % len(parameters.classes)
    size, radii = parameters.size, between(parameters.scale, draws[0]) * parameters.size / 2
    margins = np.minimum(radii + 1, size / 2)
    traits = np.zeros((len(labels), 3))
    for label, name in enumerate(parameters.classes):
        for number, bounds in enumerate(SHAPE_FORMS[name].traits):
            traits[labels == label, number] = between(bounds, draws[11 + number, labels == label])
    grounds = [within(parameters.background_intervals, draw) for draw in draws[4].tolist()]
    levels = [
        within(parameters.foreground_intervals(ground), draw)
        for ground, draw in zip(grounds, draws[7].tolist(), strict=True)
    ]
    widths = np.maximum(1.0, parameters.line_width * 2 * radii)
    return PlainImages(
        parameters=parameters,
        start=start,
        labels=labels,
        centres=between((margins, size - margins), draws[2:4]).T,
        radii=radii,
        angles=between(parameters.angle, draws[1]) * (math.pi / 180),
        traits=traits,
        foregrounds=_mixed(levels, parameters.foreground_hue, parameters.foreground_saturation, draws[8:10]),
        backgrounds=_mixed(grounds, parameters.background_hue, parameters.background_saturation, draws[5:7]),
        line_widths=np.where(draws[10] < float(parameters.outline), widths, np.nan),
    )


def _mixed(levels: list[float], hue: tuple[float, float], saturation: tuple[float, float], draws: _Reals) -> _Reals:
    return mixed_many(np.array(levels), between(hue, draws[0]), between(saturation, draws[1]))


def paint_plain(images: npt.NDArray[np.uint8], facts: PlainImages) -> None:
    """Draw plain images, with the pixels that `shapenet.data.shapes.paint` gives them one by one.

    Shapes of one class and about one size share the arrays, since for small ones each step
    costs as much time as all of its pixels.

    Args:
        images: Where to, uint8 ``(images, size, size, 3)``.
        facts: What they show.
    """
    num_images, size = images.shape[:2]
    images.reshape(num_images, size, 3 * size)[:] = np.tile(facts.backgrounds.astype(np.uint8), (1, size))[:, None]
    order = np.argsort(facts.radii)
    forms = 2 * facts.labels[order] + np.isnan(facts.line_widths[order])
    for form in np.unique(forms):
        alike = order[forms == form]
        while len(alike):
            side = math.ceil(2 * facts.radii[alike[-1]]) + 3
            count = max(1, _TOGETHER // side**2)
            _paint_alike(images, facts, alike[-count:], side)
            alike = alike[:-count]


def _paint_alike(images: npt.NDArray[np.uint8], facts: PlainImages, chosen: npt.NDArray[np.intp], side: int) -> None:
    """Draw the images `chosen`, whose shapes are of one form and fit into a box of `side` pixels."""
    form = SHAPE_FORMS[facts.parameters.classes[facts.labels[chosen[0]]]]
    radii = facts.radii[chosen]
    x, y = np.empty((2, len(chosen), side), np.float32)
    boxes = []
    for offset, (centre, radius) in enumerate(zip(facts.centres[chosen].tolist(), radii.tolist(), strict=True)):
        left, top, right, bottom = box_around(centre, radius, images.shape[1])
        across, down = offsets(centre, (left, top, left + side, top + side))
        x[offset], y[offset] = across[0], down[:, 0]
        boxes.append((left, top, right, bottom))
    traits = facts.traits[chosen].T[: len(form.traits), :, None, None]
    figures = Figures(radii[:, None, None], facts.angles[chosen, None, None], tuple(traits))
    distance = form.distance(x[:, None, :], y[:, :, None], figures)
    widths = facts.line_widths[chosen, None, None].astype(np.float32)
    if not np.isnan(widths[0, 0, 0]):
        distance = np.maximum(distance, -widths - distance)
    pixels = _blended(coverage(distance), facts.backgrounds[chosen], facts.foregrounds[chosen])
    for image, (left, top, right, bottom), drawn in zip(chosen.tolist(), boxes, pixels, strict=True):
        images[image, top:bottom, left:right] = drawn[: bottom - top, : right - left]


def _blended(cover: npt.NDArray[np.float32], grounds: _Reals, colours: _Reals) -> npt.NDArray[np.uint8]:
    """Each image's colour over its ground, as far as each pixel is covered, ``(images, side, side, 3)``."""
    under = grounds.astype(np.float32)[:, :, None, None]
    steps = colours.astype(np.float32)[:, :, None, None] - under
    blended = np.empty((*cover.shape, 3), np.uint8)
    for channel in range(3):
        level = cover * steps[:, channel]
        np.rint(level, out=level)
        level += under[:, channel]
        np.copyto(blended[..., channel], level, casting="unsafe")
    return blended
