"""Masks: image files whose pixels are numbers of classes, not shades."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from shapenet.data.images.faults import sniff
from shapenet.data.images.geometry import padded, resized_image
from shapenet.data.images.opening import open_image, told
from shapenet.data.images.options import ImageOptions
from shapenet.data.images.orientation import loaded
from shapenet.errors import DataError

_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L", "I;16N")
_TOP = {"uint8": 255, "uint16": 65535}


def decode_mask(data: bytes, options: ImageOptions) -> npt.NDArray[Any]:
    """The numbers in a mask file, as they are: gray levels, or a palette's indices.

    Args:
        data: Content of the file.
        options: Size and way of resizing, by the nearest pixel whatever their filter; the
            type ``uint8``, or ``uint16`` for more than 256 classes.

    Returns:
        Array ``(height, width, 1)`` of the options' type; what is padded is 0.

    Raises:
        DataError: The file is not an image, damaged, in colour, or holds a larger number
            than the type does. The error has no place.
    """
    kind = sniff(data)
    with told(kind):
        image = loaded(open_image(data, kind))
        if image.mode not in _MODES:
            message = f"expected a mask of gray levels or palette indices, received Pillow's mode {image.mode!r}"
            raise DataError("data/mask", message)
        numbers = np.asarray(image).astype(np.int32)
    top = _TOP[options.dtype]
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) > top:
        raise DataError("data/mask", f"expected numbers from 0 to {top}, received up to {numbers.max():,}")
    nearest = replace(options, interpolation="nearest")
    resized = np.asarray(resized_image(Image.fromarray(numbers), nearest)).astype(options.dtype)
    return padded(resized[..., None], nearest)
