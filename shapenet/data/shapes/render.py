"""From facts to pixels: anti-aliased, noisy, and fast because only the shape's box is worked on."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.geometry import SHAPE_FORMS, Grid, coverage, segment_distance
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.sampling import Colour, Drawing, Mark, Stream, bit_generator, draw_facts

RENDER_VERSION = 1
"""Goes up whenever the same parameters would give other pixels."""

Canvas = npt.NDArray[np.int16]
"""An image being drawn, ``(size, size * 3)``; noise may push it below 0 and above 255."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in whole pixels, right and bottom exclusive."""


def render(parameters: ShapesParameters, index: int) -> tuple[npt.NDArray[np.uint8], Drawing]:
    """Draw image `index`.

    Args:
        parameters: The data set.
        index: From 0 up to ``parameters.num_images``.

    Returns:
        The image, uint8 ``(size, size, 3)``, and the facts about it, with its label.
    """
    image = np.empty((parameters.size, parameters.size, 3), np.uint8)
    return image, render_into(image, parameters, index)


def render_into(out: npt.NDArray[np.uint8], parameters: ShapesParameters, index: int) -> Drawing:
    """Draw image `index` into `out`, uint8 ``(size, size, 3)``, and give the facts about it."""
    drawing = draw_facts(parameters, index)
    canvas = _background(parameters, drawing)
    for mark in drawing.marks:
        _paint_mark(canvas, mark)
    _paint_shape(canvas, drawing)
    if parameters.noise:
        canvas += _noise(parameters, index)
        np.clip(canvas, 0, 255, out=canvas)
    np.copyto(out, canvas.reshape(out.shape), casting="unsafe")
    return drawing


def _background(parameters: ShapesParameters, drawing: Drawing) -> Canvas:
    size = parameters.size
    canvas = np.empty((size, size * 3), np.int16)
    canvas[:] = np.tile(np.array(drawing.background, np.int16), size)
    return canvas


def _noise(parameters: ShapesParameters, index: int) -> npt.NDArray[np.int8]:
    """Noise ``(size, size * 3)``: each random byte stands for one of 256 quantiles of a normal distribution."""
    count = parameters.size**2 * 3
    raw = bit_generator(parameters, index, Stream.NOISE).random_raw(-(-count // 8))
    steps = raw.astype("<u8", copy=False).tobytes().translate(_noise_table(parameters.noise))
    return np.frombuffer(steps, np.int8, count).reshape(parameters.size, -1)


@lru_cache(maxsize=16)
def _noise_table(noise: float) -> bytes:
    normal = NormalDist(0, 255 * noise)
    return np.array([round(normal.inv_cdf((byte + 0.5) / 256)) for byte in range(256)], np.int8).tobytes()


def _paint_shape(canvas: Canvas, drawing: Drawing) -> None:
    box = _box_around(drawing.centre, drawing.figure.radius, canvas.shape[0])
    distance = SHAPE_FORMS[drawing.shape].distance(*_offsets(drawing.centre, box), drawing.figure)
    if drawing.line_width is not None:
        distance = np.maximum(distance, -np.float32(drawing.line_width) - distance)
    _blend(canvas, box, distance, drawing.foreground)


def _paint_mark(canvas: Canvas, mark: Mark) -> None:
    box = _box_around(mark.centre, mark.half_length + mark.half_width, canvas.shape[0])
    x, y = _offsets(mark.centre, box)
    distance = segment_distance(x, y, mark.half_length, mark.angle) - np.float32(mark.half_width)
    _blend(canvas, box, distance, mark.colour)


def _box_around(centre: tuple[float, float], radius: float, size: int) -> Box:
    """The pixels that a circle and its soft edge touch, within the image."""
    x, y = centre
    reach = radius + 1
    return (
        max(0, math.floor(x - reach)),
        max(0, math.floor(y - reach)),
        min(size, math.ceil(x + reach)),
        min(size, math.ceil(y + reach)),
    )


def _offsets(centre: tuple[float, float], box: Box) -> tuple[Grid, Grid]:
    """Offsets of the box's pixel centres from `centre`: ``(1, width)`` and ``(height, 1)``."""
    left, top, right, bottom = box
    x = np.arange(left + 0.5 - centre[0], right - centre[0], dtype=np.float32)[: right - left]
    y = np.arange(top + 0.5 - centre[1], bottom - centre[1], dtype=np.float32)[: bottom - top]
    return x[None, :], y[:, None]


def _blend(canvas: Canvas, box: Box, distance: Grid, colour: Colour) -> None:
    """Lay `colour` over the box's pixels, as far as each is covered."""
    left, top, right, bottom = box
    region = canvas[top:bottom, left * 3 : right * 3]
    covered = np.repeat(coverage(distance), 3, axis=1)
    covered *= np.tile(np.array(colour, np.int16), right - left) - region
    region += np.rint(covered, out=covered).astype(np.int16)
