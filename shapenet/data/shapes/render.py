"""From facts to pixels: the order in which an image's layers are laid down."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.blur import blurred
from shapenet.data.shapes.facts import Drawing
from shapenet.data.shapes.paint import (
    Canvas,
    new_canvas,
    paint_clutter,
    paint_mark,
    paint_occluder,
    paint_shape,
)
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.plain import draw_plain, is_plain, paint_plain
from shapenet.data.shapes.sampling import draw_facts
from shapenet.data.shapes.streams import Stream, raw_bits

RENDER_VERSION = 1
"""Goes up whenever the same parameters would give other pixels."""


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
    canvas = new_canvas(parameters.size, drawing.background)
    for item in drawing.clutter:
        paint_clutter(canvas, item)
    for mark in drawing.marks:
        paint_mark(canvas, mark)
    for shape in drawing.shapes:
        paint_shape(canvas, shape)
    if drawing.occluder:
        paint_occluder(canvas, drawing.occluder)
    if drawing.blur:
        canvas = blurred(canvas.reshape(out.shape), drawing.blur).reshape(canvas.shape)
    if parameters.noise:
        _add_noise(canvas, parameters, index)
    np.copyto(out, canvas.reshape(out.shape), casting="unsafe")
    return drawing


def render_block(out: npt.NDArray[np.uint8], parameters: ShapesParameters, start: int) -> Iterator[Drawing]:
    """Draw the images from `start` on into `out`, uint8 ``(images, size, size, 3)``, as `render_into` does.

    The plainest kind of picture takes a fraction of the time.

    Returns:
        The facts about each, made when they are asked for.
    """
    indices = range(start, start + len(out))
    if not is_plain(parameters):
        return iter([render_into(image, parameters, index) for image, index in zip(out, indices, strict=True)])
    facts = draw_plain(parameters, start, start + len(out))
    paint_plain(out, facts)
    if parameters.noise:
        for image, index in zip(out, indices, strict=True):
            canvas = image.reshape(parameters.size, -1).astype(np.int16)
            _add_noise(canvas, parameters, index)
            np.copyto(image, canvas.reshape(image.shape), casting="unsafe")
    return facts.drawings()


def render_clean_into(out: npt.NDArray[np.uint8], drawing: Drawing) -> None:
    """Draw the shapes of an image on its plain background into `out`, uint8 ``(size, size, 3)``.

    Noise, blur, occluder, clutter, distractors and a paper's grain are left out.
    """
    canvas = new_canvas(out.shape[0], drawing.background)
    for shape in drawing.shapes:
        paint_shape(canvas, shape)
    np.copyto(out, canvas.reshape(out.shape), casting="unsafe")


def _add_noise(canvas: Canvas, parameters: ShapesParameters, index: int) -> None:
    """Add noise, and cut what is below 0 or above 255.

    Each random byte stands for one of 256 quantiles of a normal distribution.
    """
    count = parameters.size**2 * 3
    raw = raw_bits(parameters, index, Stream.NOISE, -(-count // 8))
    steps = raw.astype("<u8", copy=False).tobytes().translate(_noise_table(parameters.noise))
    canvas += np.frombuffer(steps, np.int8, count).reshape(parameters.size, -1)
    np.clip(canvas, 0, 255, out=canvas)


@lru_cache(maxsize=16)
def _noise_table(noise: float) -> bytes:
    normal = NormalDist(0, 255 * noise)
    return np.array([round(normal.inv_cdf((byte + 0.5) / 256)) for byte in range(256)], np.int8).tobytes()
