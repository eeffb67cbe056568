"""EXIF orientation: which way stored pixels must be turned to stand upright."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from PIL import Image

from shapenet.data.images.opening import open_image, told
from shapenet.data.images.png import Png

QUARTER_TURNED = frozenset({5, 6, 7, 8})
"""Orientations that swap width and height."""

_TAG = 0x0112
_MAY_ORIENT = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation of an opened image, 1 to 8; 1, which is upright, if none can be read."""
    if image.format != "TIFF" and _MAY_ORIENT.isdisjoint(image.info):
        return 1
    try:
        orientation = image.getexif().get(_TAG, 1)
    except Exception:  # whatever Pillow meets in damaged EXIF, the pixels may be sound
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def png_orientation(data: bytes, png: Png) -> int:
    """The EXIF orientation of a PNG, also if it stands behind the pixels.

    Args:
        data: Content of the file.
        png: Its chunks.

    Raises:
        DataError: Pillow can't read the file.
    """
    if png.exif is None and not png.described:
        return 1
    with told("PNG"):
        image = open_image(data, "PNG")
        if png.exif is not None:
            image.info["exif"] = b"Exif\0\0" + png.exif
        else:
            image.load()
        return orientation_of(image)


def loaded(image: Image.Image) -> Image.Image:
    """Decode the pixels of an opened image and turn it upright; to be called within `told`."""
    image.load()  # which turns TIFF, and forgets its orientation
    return upright_image(image, orientation_of(image))


def upright_image(image: Image.Image, orientation: int) -> Image.Image:
    """A Pillow image, turned."""
    return image if orientation == 1 else image.transpose(_TURNS[orientation])


def upright_array(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """An array ``(height, width, channels)``, turned."""
    if orientation in QUARTER_TURNED:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return pixels
