"""The chunks of a PNG file, and its compressed rows to pixels of 8 or 16 bits a channel.

Pillow reduces 16-bit colour to 8 bits and passes over checksums of pixels and over
missing rows. So the chunks are read here, and Pillow's decoder is given the rows alone.
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from shapenet.data.images.faults import check_size, damaged

SIGNATURE_BYTES = 8
_CHUNK = Struct(">I4s")
_HEADER = Struct(">IIBBBBB")
_CHECKSUM = Struct(">I")

GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGB_ALPHA: 4}
_BITS = {GRAY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GRAY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PLAIN_XMP, _XMP, _EXIF_AS_TEXT = b"XML:com.adobe.xmp\0\0", b"XML:com.adobe.xmp\0", b"Raw profile type exif\0"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_MAX_SHRINKING = 1032  # what zlib can't exceed
_UNLIKELY = 173  # black and white often fill a last row, this hardly ever
_BLOCK_BYTES = 2**16


class Png(NamedTuple):
    """What stands in a PNG file.

    Attributes:
        width: Pixels in a row, as stored.
        height: Rows, as stored.
        bits: Bits a channel; of a palette's indices, for a palette.
        color_type: `GRAY`, `RGB`, `PALETTE`, `GRAY_ALPHA` or `RGB_ALPHA`.
        interlaced: Whether the rows are stored in seven passes.
        rows: The compressed rows.
        transparent: The chunk with the transparent colour, if there is one.
        animated: Whether other frames follow the first image.
        exif: The chunk with EXIF, if there is one.
        described: Whether a text is there that may hold an orientation.
    """

    width: int
    height: int
    bits: int
    color_type: int
    interlaced: bool
    rows: bytes
    transparent: bytes | None
    animated: bool
    exif: bytes | None
    described: bool


def parse_png(data: bytes, *, whole: bool) -> Png:
    """Read the chunks of a PNG file.

    Args:
        data: Content of the file, which starts with PNG's signature.
        whole: Whether to compare checksums and to refuse a cut file; otherwise only
            the header must be sound.

    Raises:
        DataError: The file is damaged, cut or too large.
    """
    width, height, bits, color_type, interlaced = _header(data)
    rows: list[bytes] = []
    transparent: bytes | None = None
    exif: bytes | None = None
    animated = described = False
    view = memoryview(data)
    position = SIGNATURE_BYTES + 25
    while position + 12 <= len(data):
        num_bytes, kind = _CHUNK.unpack_from(data, position)
        start, end = position + 8, position + 8 + num_bytes
        if whole and (
            end + 4 > len(data) or zlib.crc32(view[position + 4 : end]) != _CHECKSUM.unpack_from(data, end)[0]
        ):
            raise damaged("the image is damaged or cut: a PNG checksum differs")
        if kind == b"IDAT":
            rows.append(data[start:end])
        elif kind == b"IEND":
            break
        elif kind == b"tRNS":
            transparent = data[start:end]
        elif kind == b"acTL":
            animated = _CHECKSUM.unpack_from(data, start)[0] > 1
        elif kind == b"eXIf":
            exif = data[start:end]
        elif kind in _TEXTS:
            described = described or _may_orient(data[start:end])
        position = end + 4
    else:
        if whole:
            raise damaged("the image is cut: PNG's last chunk is missing")
    joined = rows[0] if len(rows) == 1 else b"".join(rows)
    return Png(width, height, bits, color_type, interlaced, joined, transparent, animated, exif, described)


def _may_orient(text: bytes) -> bool:
    if text.startswith(_PLAIN_XMP):
        return b"tiff:Orientation" in text
    return text.startswith((_XMP, _EXIF_AS_TEXT))


def _header(data: bytes) -> tuple[int, int, int, int, bool]:
    start = SIGNATURE_BYTES
    if len(data) < start + 25 or data[start : start + 8] != b"\0\0\0\x0dIHDR":
        raise damaged("the PNG's header is damaged or cut")
    if zlib.crc32(data[start + 4 : start + 21]) != _CHECKSUM.unpack_from(data, start + 21)[0]:
        raise damaged("the PNG's header is damaged: its checksum differs")
    width, height, bits, color_type, compression, filters, interlace = _HEADER.unpack_from(data, start + 8)
    if bits not in _BITS.get(color_type, ()) or compression or filters or interlace > 1:
        raise damaged("the PNG's header is damaged: it names an unknown kind of pixels")
    check_size(width, height, "PNG", len(data))
    return width, height, bits, color_type, interlace == 1


def check_rows(png: Png) -> None:
    """Refuse a file with fewer rows than its header says; Pillow leaves those black.

    Raises:
        DataError: Rows are missing or damaged.
    """
    expected, received = _num_bytes(png), 0
    inflate, rows = zlib.decompressobj(), memoryview(png.rows)
    try:
        for start in range(0, len(rows), _BLOCK_BYTES):
            received += len(inflate.decompress(rows[start : start + _BLOCK_BYTES], expected - received))
            if received == expected:
                return
    except zlib.error as error:
        raise damaged(f"the image is damaged: {error}") from error
    raise damaged(f"the image is cut: expected {expected:,} bytes of rows, received {received:,}")


def _num_bytes(png: Png) -> int:
    bits = png.bits * CHANNELS[png.color_type]
    if not png.interlaced:
        return png.height * (1 + (png.width * bits + 7) // 8)
    total = 0
    for left, top, across, down in _PASSES:
        width, height = -(-(png.width - left) // across), -(-(png.height - top) // down)
        if width > 0 and height > 0:
            total += height * (1 + (width * bits + 7) // 8)
    return total


def eight_bits(png: Png) -> Image.Image:
    """The pixels of 8-bit gray or RGB without transparency, as a Pillow image.

    Raises:
        DataError: Rows are missing or damaged.
    """
    mode = "L" if png.color_type == GRAY else "RGB"
    return _decoded(png, mode, mode)


def sixteen_bits(png: Png) -> npt.NDArray[np.uint16]:
    """The pixels of 16 bits a channel, ``(height, width, channels)``, alpha last.

    Raises:
        DataError: Rows are missing or damaged.
    """
    if png.color_type == GRAY:
        return np.asarray(_decoded(png, "I;16", "I;16B")).astype(np.uint16)[..., None]
    if png.color_type == GRAY_ALPHA:  # four bytes a pixel, passed through as they are
        return np.ascontiguousarray(_decoded(png, "RGBA", "RGBA")).view(">u2").astype(np.uint16)
    mode = "RGB" if png.color_type == RGB else "RGBA"
    upper = np.asarray(_decoded(png, mode, f"{mode};16B"))
    lower = np.asarray(_decoded(png, mode, f"{mode};16L"))  # named so, it takes each second byte
    pixels: npt.NDArray[np.uint16] = upper.astype(np.uint16) * np.uint16(256) + lower
    return pixels


def _decoded(png: Png, mode: str, stored: str) -> Image.Image:
    """A Pillow image of `mode`, its rows unpacked as what Pillow calls `stored`."""
    if png.interlaced or len(png.rows) * _MAX_SHRINKING < png.width * png.height:
        check_rows(png)
    unlikely = _UNLIKELY if mode in {"L", "I;16"} else (_UNLIKELY,) * len(mode)
    image = Image.new(mode, (png.width, png.height), unlikely)
    try:
        image.frombytes(png.rows, "zip", stored, int(png.interlaced))
    except (ValueError, OSError) as error:
        raise damaged(f"the image is damaged: {error}") from error
    if image.getpixel((png.width - 1, png.height - 1)) == unlikely:  # perhaps the last row was not there
        check_rows(png)
    return image
