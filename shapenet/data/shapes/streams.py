"""Random numbers that are functions of seed, class, index and purpose, whatever the library's version."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import Interval, ShapesParameters

_Amount = TypeVar("_Amount", float, npt.NDArray[np.float64])


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
    low, high = _key(parameters, index, stream)
    return np.random.Philox(key=low | high << 64)


def raw_bits(parameters: ShapesParameters, index: int, stream: Stream, count: int) -> npt.NDArray[np.uint64]:
    """The first `count` numbers of 64 bits of the stream that `bit_generator` gives, in a fraction of the time.

    A new Philox asks the system for entropy that it then does not use; one for each thread is enough here.
    """
    state = getattr(_own, "state", None)
    if state is None:
        _own.generator = np.random.Philox(key=0)
        state = _own.state = _own.generator.state
    state["state"]["key"][:] = _key(parameters, index, stream)
    _own.generator.state = state  # counter and buffer of a new one
    bits: npt.NDArray[np.uint64] = _own.generator.random_raw(count)
    return bits


_own = threading.local()


def _key(parameters: ShapesParameters, index: int, stream: Stream) -> tuple[int, int]:
    """The lower and the upper 64 bits of a stream's key."""
    shape = SHAPES.index(parameters.classes[label_of(parameters, index)])
    return parameters.seed, index | shape << 48 | stream << 56


def uniforms(generator: np.random.Philox, count: int) -> list[float]:
    """The next `count` numbers from 0 up to 1, from raw bits alone: no library version can change them."""
    numbers: list[float] = unit(generator.random_raw(count)).tolist()
    return numbers


def first_uniforms(parameters: ShapesParameters, index: int, stream: Stream, count: int) -> list[float]:
    """The first `count` numbers from 0 up to 1 of an image's stream."""
    numbers: list[float] = unit(raw_bits(parameters, index, stream, count)).tolist()
    return numbers


def unit(raw: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Numbers from 0 up to 1, one of each 64 bits."""
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


def between(bounds: tuple[Any, Any], draw: _Amount) -> _Amount:
    """The number at `draw`, 0 to 1, of the way through `bounds`; of arrays, each of them."""
    number: _Amount = bounds[0] + (bounds[1] - bounds[0]) * draw
    return number


def count_between(bounds: tuple[int, int], draw: float) -> int:
    """A whole number of `bounds`, both included, each equally likely; `draw` lies below 1."""
    return bounds[0] + int(draw * (bounds[1] - bounds[0] + 1))


def within(intervals: Sequence[Interval], draw: float) -> float:
    """A number from a union of intervals, uniform by length."""
    length = 0.0
    for low, high in intervals:
        length += high - low
    rest = draw * length
    for low, high in intervals:
        if rest <= high - low:
            return low + rest
        rest -= high - low
    return intervals[-1][1]
