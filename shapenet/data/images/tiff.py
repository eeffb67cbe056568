"""Pixels of 9 to 16 bits and of floating point in TIFF files.

Pillow gives 8 bits of 16-bit colour: the upper byte. Its decoders can be told that the
bytes of each channel are in the other order, and then give the lower one.
"""

from __future__ import annotations

import struct
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from shapenet.data.images.faults import unfit_depth
from shapenet.data.images.opening import open_image
from shapenet.data.images.orientation import loaded

_BITS, _PHOTOMETRIC, _SAMPLES, _PLANES, _EXTRA, _FORMAT = 258, 262, 277, 284, 338, 339
_UINT32 = 4  # TIFF's number for the type
_STRIP_TAGS = {273, 279, 324, 325}  # where strips or tiles stand, and their sizes
_PLANE_TAGS = {256, 257, 259, 266, 274, 278, 317, 322, 323}  # size, packing, orientation
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
        DataError: There are signed integers or integers of 32 bits.
    """
    if image.mode == "F":
        return np.asarray(loaded(image), np.float32)[..., None], "L"
    if image.mode == "I":
        raise unfit_depth("pixels of 1 to 16 bits or of floating point", "signed integers or integers of 32 bits")
    bits, _ = tiff_bits(image)
    if bits <= 8:
        return None
    gray = image.mode.startswith("I;16")
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    if tags.get(_PLANES, 1) != 1:
        pixels = _from_planes(data, tags, 1 if gray else len(image.mode))
    elif gray:
        pixels = np.asarray(loaded(image)).astype(np.uint16)[..., None]
    else:
        pixels = _from_bytes(data, image)
    if gray:
        return _from_black(pixels, bits, inverted=tags.get(_PHOTOMETRIC) == 0), "L"
    multiplied = image.mode == "RGBA" and tags.get(_EXTRA, ())[:1] == (1,)
    return pixels, "RGBa" if multiplied else image.mode


def _from_black(values: npt.NDArray[np.uint16], bits: int, *, inverted: bool) -> npt.NDArray[np.uint16]:
    """Gray with 0 for black and 65535 for white."""
    if bits < 16:
        full = 2**bits - 1
        values = ((values.astype(np.uint32) * (2 * 65535) + full) // (2 * full)).astype(np.uint16)
    return 65535 - values if inverted else values


def _from_planes(data: bytes, tags: Any, num_planes: int) -> npt.NDArray[np.uint16]:
    """Channels stored one after the other: each is read as if it were a gray TIFF."""
    kept = {tag: _numbers(tags[tag]) for tag in (_PLANE_TAGS | _STRIP_TAGS) & set(tags)}
    kept |= {_BITS: [16], _SAMPLES: [1], _PHOTOMETRIC: [1]}
    planes = []
    for plane in range(num_planes):
        directory = dict(kept)
        for tag in _STRIP_TAGS & set(kept):
            num_strips = len(kept[tag]) // tags[_SAMPLES]
            directory[tag] = kept[tag][plane * num_strips : (plane + 1) * num_strips]
        image = open_image(_with_directory(data, tags.prefix, directory), "TIFF")
        planes.append(np.asarray(loaded(image)).astype(np.uint16))
    return np.stack(planes, axis=2)


def _numbers(value: Any) -> list[int]:
    return list(value) if isinstance(value, tuple) else [value]


def _with_directory(data: bytes, byte_order: bytes, tags: dict[int, list[int]]) -> bytes:
    """The file with another directory of tags at its end."""
    order = ">" if byte_order == b"MM" else "<"
    start = len(data)
    after = start + 2 + 12 * len(tags) + 4
    entries, lists = b"", b""
    for tag, numbers in sorted(tags.items()):
        content = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(numbers) > 1:
            content, lists = struct.pack(f"{order}I", after + len(lists)), lists + content
        entries += struct.pack(f"{order}HHI", tag, _UINT32, len(numbers)) + content
    header = byte_order + struct.pack(f"{order}HI", 42, start)
    count = struct.pack(f"{order}H", len(tags))
    return b"".join([header, data[len(header) :], count, entries, bytes(4), lists])


def _from_bytes(data: bytes, image: Image.Image) -> npt.NDArray[np.uint16]:
    upper = _channels(image, _stored(image))
    image = open_image(data, "TIFF")
    stored = _stored(image)
    lower = _channels(image, stored[:-1] + _OTHER_ORDER[stored[-1]])
    return upper * np.uint16(256) + lower


def _stored(image: Image.Image) -> str:
    args = image.tile[0].args  # type: ignore[attr-defined]
    return str(args if isinstance(args, str) else args[0])


def _channels(image: Image.Image, stored: str) -> npt.NDArray[np.uint16]:
    stored = stored.replace("RGBa", "RGBA")  # keep Pillow from dividing by alpha, byte by byte
    tiles: Any = image.tile  # type: ignore[attr-defined]
    image.tile = [tile._replace(args=(stored, *tile.args[1:])) for tile in tiles]  # type: ignore[attr-defined]
    return np.asarray(loaded(image)).astype(np.uint16)
