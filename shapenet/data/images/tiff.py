"""Pixels of 9 to 16 bits and of floating point in TIFF files.

Pillow gives 8 bits of 16-bit colour: the upper byte. Its decoders can be told that the
bytes of each channel are in the other order, and then give the lower one.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from shapenet.data.images.faults import unfit_depth
from shapenet.data.images.opening import open_image
from shapenet.data.images.orientation import loaded

_PHOTOMETRIC, _BITS, _FORMAT, _PLANES = 262, 258, 339, 284
_FLOATING = 3
_OTHER_ORDER = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}


def tiff_bits(image: Image.Image) -> tuple[int, bool]:
    """Bits a channel of an opened TIFF, and whether they are floating point."""
    tags: Any = image.tag_v2  # type: ignore[attr-defined]  # what Pillow opens TIFF as has it
    bits = tags.get(_BITS, (1,))
    formats = tags.get(_FORMAT, (1,))
    return int(max(bits)), max(formats) == _FLOATING


def deep_pixels(data: bytes, image: Image.Image) -> tuple[npt.NDArray[Any], str] | None:
    """The upright pixels of a TIFF that Pillow would reduce to 8 bits, or would not scale.

    Args:
        data: Content of the file.
        image: The same file, opened and not yet loaded.

    Returns:
        Array ``(height, width, channels)``, uint16 or float32, and its channels as a
        mode such as ``RGBA``. None if the pixels have up to 8 bits.

    Raises:
        DataError: There are 32 bits, or planes of 16-bit colour.
    """
    if image.mode == "F":
        return np.asarray(loaded(image), np.float32)[..., None], "L"
    if image.mode == "I":
        raise unfit_depth("signed integers or integers of 32 bits")
    bits, _ = tiff_bits(image)
    if image.mode.startswith("I;16"):
        inverted = image.tag_v2.get(_PHOTOMETRIC) == 0  # type: ignore[attr-defined]
        return _gray(loaded(image), bits, inverted=inverted), "L"
    if bits <= 8:
        return None
    if image.tag_v2.get(_PLANES, 1) != 1:  # type: ignore[attr-defined]
        hint = "save it with the channels of a pixel together (planar configuration 1)"
        raise unfit_depth(f"a TIFF with planes of {bits} bits", hint)
    layout = "RGBa" if _stored(image).startswith("RGBa") else image.mode
    upper = _channels(image, _stored(image))
    image = open_image(data, "TIFF")
    lower = _channels(image, _in_other_order(_stored(image)))
    return upper * np.uint16(256) + lower, layout


def _gray(image: Image.Image, bits: int, *, inverted: bool) -> npt.NDArray[np.uint16]:
    values = np.asarray(image).astype(np.uint16)[..., None]
    if bits < 16:
        full = 2**bits - 1
        values = ((values.astype(np.uint32) * (2 * 65535) + full) // (2 * full)).astype(np.uint16)
    return 65535 - values if inverted else values


def _stored(image: Image.Image) -> str:
    args = image.tile[0].args  # type: ignore[attr-defined]
    return str(args if isinstance(args, str) else args[0])


def _in_other_order(stored: str) -> str:
    return stored[:-1] + _OTHER_ORDER[stored[-1]]


def _channels(image: Image.Image, stored: str) -> npt.NDArray[np.uint16]:
    stored = stored.replace("RGBa", "RGBA")  # keep Pillow from dividing by alpha, byte by byte
    tiles: Any = image.tile  # type: ignore[attr-defined]
    image.tile = [tile._replace(args=(stored, *tile.args[1:])) for tile in tiles]  # type: ignore[attr-defined]
    return np.asarray(loaded(image)).astype(np.uint16)
