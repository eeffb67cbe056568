"""Random numbers that are functions of seed, class, index and purpose, whatever the library's version."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import Interval, ShapesParameters


class Stream(IntEnum):
    """The independent random streams of an image, so that no dial moves what another one draws."""

    SHAPE = 0
    MARKS = 1
    NOISE = 2
    OTHERS = 3
    CLUTTER = 4
    OCCLUSION = 5
    BLUR = 6
    PAPER = 7
    STROKES = 8


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


def uniforms(generator: np.random.Philox, count: int) -> list[float]:
    """The next `count` numbers from 0 up to 1, from raw bits alone: no library version can change them."""
    return [(bits >> 11) * 2.0**-53 for bits in generator.random_raw(count).tolist()]


def between(bounds: Interval, draw: float) -> float:
    """The number at `draw`, 0 to 1, of the way through `bounds`."""
    return bounds[0] + (bounds[1] - bounds[0]) * draw


def count_between(bounds: tuple[int, int], draw: float) -> int:
    """A whole number of `bounds`, both included, each equally likely; `draw` lies below 1."""
    return bounds[0] + int(draw * (bounds[1] - bounds[0] + 1))


def within(intervals: Sequence[Interval], draw: float) -> float:
    """A number from a union of intervals, uniform by length."""
    rest = draw * sum(high - low for low, high in intervals)
    for low, high in intervals:
        if rest <= high - low:
            return low + rest
        rest -= high - low
    return intervals[-1][1]
