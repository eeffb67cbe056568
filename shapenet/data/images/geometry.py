"""Bringing an image to the asked size: stretch, fit, pad or crop, with a named filter."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from shapenet.data.images.options import ImageOptions, Resize, Size

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

Box = tuple[float, float, float, float]


class Placement(NamedTuple):
    """What part of an image is scaled to what size.

    Attributes:
        size: Height and width to scale to, in pixels.
        box: Left, top, right and bottom of the part, in pixels of the image.
    """

    size: Size
    box: Box


def place(image_size: Size, size: Size, resize: Resize) -> Placement:
    """Where an image goes.

    Args:
        image_size: Its height and width.
        size: The asked height and width.
        resize: How it comes to them; ``pad`` is placed like ``fit``.
    """
    (height, width), (to_height, to_width) = image_size, size
    whole = (0.0, 0.0, float(width), float(height))
    if resize == "stretch":
        return Placement(size, whole)
    narrower = width * to_height <= height * to_width  # than what is asked for
    if narrower == (resize == "crop"):
        scaled = max(1, _rounded(height * to_width, width)), to_width
    else:
        scaled = to_height, max(1, _rounded(width * to_height, height))
    if resize != "crop":
        return Placement(scaled, whole)
    top, left = (scaled[0] - to_height) // 2, (scaled[1] - to_width) // 2
    rows, columns = (top, top + to_height), (left, left + to_width)
    (y0, y1), (x0, x1) = ([n * height / scaled[0] for n in rows], [n * width / scaled[1] for n in columns])
    return Placement(size, (x0, y0, x1, y1))


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def resized_image(image: Image.Image, options: ImageOptions) -> Image.Image:
    """An 8-bit or floating-point Pillow image, scaled and cut; not yet padded."""
    if options.size is None:
        return image
    size, box = place((image.height, image.width), options.size, options.resize)
    if size == (image.height, image.width) and box == (0, 0, image.width, image.height):
        return image
    return image.resize((size[1], size[0]), _FILTERS[options.interpolation], box)


def resized_planes(pixels: npt.NDArray[Any], options: ImageOptions) -> npt.NDArray[Any]:
    """A float32 array ``(height, width, channels)``, scaled and cut in floating point; not yet padded."""
    if options.size is None:
        return pixels
    planes = [np.ascontiguousarray(pixels[..., channel]) for channel in range(pixels.shape[2])]
    return np.stack([np.asarray(resized_image(Image.fromarray(plane), options)) for plane in planes], axis=2)


def padded(pixels: npt.NDArray[Any], options: ImageOptions) -> npt.NDArray[Any]:
    """The array centred on black of the asked size, if the options say ``pad``."""
    if options.size is None or options.resize != "pad" or pixels.shape[:2] == options.size:
        return pixels
    canvas = np.zeros((*options.size, pixels.shape[2]), pixels.dtype)
    top, left = ((room - taken) // 2 for room, taken in zip(options.size, pixels.shape, strict=False))
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas
