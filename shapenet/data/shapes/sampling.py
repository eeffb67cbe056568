"""What an image shows, drawn from (seed, index): facts only, no pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from shapenet.data.shapes.clutter import draw_clutter, draw_paper
from shapenet.data.shapes.colours import Colour, background, foreground, ink, paper
from shapenet.data.shapes.facts import Drawing, Mark, PlacedShape
from shapenet.data.shapes.geometry import SHAPE_FORMS
from shapenet.data.shapes.occlusion import draw_occluder
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.placement import coordinate, figure_of, line_width_of, place_others
from shapenet.data.shapes.streams import Stream, between, count_between, first_uniforms, label_of
from shapenet.data.shapes.strokes import drawn_by_hand

_Ground = tuple[Colour, Callable[[Sequence[float]], Colour], float]
"""The background's colour, what gives a shape's colour before it from three draws, and its luma."""


def draw_facts(parameters: ShapesParameters, index: int) -> Drawing:
    """Decide everything about image `index`, noise aside.

    Args:
        parameters: The data set.
        index: From 0 up to ``parameters.num_images``.
    """
    by_hand, on_paper = _manner(parameters, index)
    label = label_of(parameters, index)
    traits = SHAPE_FORMS[parameters.classes[label]].traits
    draws = first_uniforms(parameters, index, Stream.SHAPE, 11 + len(traits))
    ground, ground_luma = (paper if on_paper else background)(parameters, draws[4:7])
    colour_of = partial(ink if on_paper else foreground, parameters, ground_luma)
    radius = between(parameters.scale, draws[0]) * parameters.size / 2
    main = PlacedShape(
        shape=parameters.classes[label],
        label=label,
        centre=(coordinate(parameters.size, radius, draws[2]), coordinate(parameters.size, radius, draws[3])),
        figure=figure_of(parameters, label, radius, [draws[1], *draws[11:]]),
        foreground=colour_of(draws[7:10]),
        line_width=line_width_of(parameters, radius) if draws[10] < float(parameters.outline) else None,
    )
    shapes = _all_shapes(parameters, index, main, colour_of, by_hand)
    clutter = draw_clutter(parameters, index, ground, shapes) if parameters.clutter[1] else ()
    return Drawing(
        index=index,
        shapes=shapes,
        background=ground,
        clutter=(*draw_paper(parameters, index, ground, shapes), *clutter) if on_paper else clutter,
        marks=_marks(parameters, index, colour_of) if parameters.distractors[1] else (),
        occluder=draw_occluder(parameters, index, main, ground) if parameters.occlusion[1] else None,
        blur=_blur(parameters, index) if parameters.blur[1] else 0.0,
    )


def _manner(parameters: ShapesParameters, index: int) -> tuple[bool, bool]:
    """Whether a hand draws the image, and whether on paper."""
    if not parameters.hand_drawn:
        return False, False
    hand, sheet = first_uniforms(parameters, index, Stream.PAPER, 2)
    by_hand = hand < float(parameters.hand_drawn)
    return by_hand, by_hand and sheet < float(parameters.paper)


def _all_shapes(
    parameters: ShapesParameters,
    index: int,
    main: PlacedShape,
    colour_of: Callable[[Sequence[float]], Colour],
    by_hand: bool,
) -> tuple[PlacedShape, ...]:
    others = place_others(parameters, index, main, colour_of) if parameters.num_shapes[1] > 1 else []
    shapes = (*others, main)
    return drawn_by_hand(parameters, index, shapes) if by_hand else shapes


def _blur(parameters: ShapesParameters, index: int) -> float:
    (draw,) = first_uniforms(parameters, index, Stream.BLUR, 1)
    return between(parameters.blur, draw) * parameters.size


def _marks(
    parameters: ShapesParameters, index: int, colour_of: Callable[[Sequence[float]], Colour]
) -> tuple[Mark, ...]:
    draws = first_uniforms(parameters, index, Stream.MARKS, 1 + 9 * parameters.distractors[1])
    count = count_between(parameters.distractors, draws[0])
    return tuple(_mark(parameters, colour_of, draws[1 + 9 * n : 10 + 9 * n]) for n in range(count))


def _mark(parameters: ShapesParameters, colour_of: Callable[[Sequence[float]], Colour], draws: Sequence[float]) -> Mark:
    """A dot or a stroke, equally likely; lengths go by the smallest shape that the data set can hold."""
    smallest = parameters.scale[0] * parameters.size
    stroke = draws[0] < 0.5
    return Mark(
        centre=(draws[1] * parameters.size, draws[2] * parameters.size),
        half_length=smallest * between((0.08, 0.2), draws[3]) if stroke else 0.0,
        angle=draws[4] * math.pi,
        half_width=smallest * between((0.025, 0.045) if stroke else (0.04, 0.07), draws[5]),
        colour=colour_of(draws[6:9]),
    )
