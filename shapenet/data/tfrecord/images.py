"""The one place where an encoded image of a record is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt

from shapenet.data.images import decode_image, is_gray

Color = Literal["auto", "gray", "rgb"]


@dataclass(frozen=True)
class Decoding:
    """How images are decoded.

    Attributes:
        size: Height and width to stretch images to; None keeps theirs.
        color: ``gray``, ``rgb`` or ``auto``: as the first image.
    """

    size: tuple[int, int] | None = None
    color: Color = "auto"


def decode(data: bytes, decoding: Decoding) -> npt.NDArray[Any]:
    """The pixels of an encoded image, ``(height, width, channels)``.

    Args:
        data: Content of an image file.
        decoding: How; with ``auto``, the image decides on the number of channels itself.

    Raises:
        DataError: It can't be decoded. The error has no place.
    """
    gray = decoding.color == "gray" or (decoding.color == "auto" and is_gray(data))
    return decode_image(data, channels=1 if gray else 3, size=decoding.size)
