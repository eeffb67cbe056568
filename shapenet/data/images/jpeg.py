"""Common JPEG files to pixels without the overhead of opening them, which takes half of a small one's time."""

from __future__ import annotations

from struct import Struct

from PIL import Image

from shapenet.data.images.faults import damaged

_MAX_PIXELS = 2**22
"""Larger images gain nothing, and a damaged header could ask for their memory."""

_SEGMENT = Struct(">BBH")
_FRAME = Struct(">BHHB")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAY_ORIENT = 0xE1
_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset({0x00, 0x01, 0xFF, *range(0xD0, 0xDA)})
_MODES = {1: "L", 3: "RGB"}


def plain_jpeg(data: bytes) -> Image.Image | None:
    """The pixels of a small gray or RGB JPEG that has neither EXIF nor XMP.

    Args:
        data: Content of the file, which starts with JPEG's signature.

    Returns:
        A Pillow image of mode ``L`` or ``RGB``; None if the file is of another kind, or
        its header is unusual.

    Raises:
        DataError: The pixels are damaged or cut.
    """
    frame = _frame(data)
    if frame is None:
        return None
    bits, height, width, channels = frame
    if bits != 8 or channels not in _MODES or not 0 < width * height <= _MAX_PIXELS:
        return None
    mode = _MODES[channels]
    try:
        return Image.frombytes(mode, (width, height), data, "jpeg", mode, "")
    except (ValueError, OSError) as error:
        raise damaged(f"the image is damaged or cut: {error}") from error


def _frame(data: bytes) -> tuple[int, int, int, int] | None:
    """Bits, height, width and channels, if the segments up to the pixels are regular and without EXIF."""
    frame: tuple[int, int, int, int] | None = None
    position = 2
    while position + 4 + _FRAME.size <= len(data):
        start, marker, num_bytes = _SEGMENT.unpack_from(data, position)
        if marker == _SCAN:
            return frame
        if start != 0xFF or marker == _MAY_ORIENT or marker in _WITHOUT_LENGTH:
            return None
        if marker in _FRAMES:
            frame = _FRAME.unpack_from(data, position + 4)
        position += 2 + num_bytes
    return None
