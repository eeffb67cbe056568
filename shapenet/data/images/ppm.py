"""PBM, PGM, PPM and gray PFM files to pixels; Pillow reduces their colour to 8 bits."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shapenet.data.images.faults import check_size, damaged

_SPACE = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
_BITMAP = re.compile(rb"P[14]" + _SPACE + rb"(\d{1,10})" + _SPACE + rb"(\d{1,10})\s")
_OTHERS = re.compile(
    rb"P[2356f]" + _SPACE + rb"(\d{1,10})" + _SPACE + rb"(\d{1,10})" + _SPACE + rb"([-+.\deE]{1,20})\s"
)
_COMMENT = re.compile(rb"#[^\r\n]*")


class Ppm(NamedTuple):
    """The header of a PPM file.

    Attributes:
        kind: ``1`` to ``6`` or ``f``, the letter after the P.
        width: Pixels in a row.
        height: Rows.
        limit: The number that stands for white; of PFM the scale, below zero if its
            numbers are stored with the lowest byte first.
        start: Position of the first pixel, in bytes.
    """

    kind: str
    width: int
    height: int
    limit: float
    start: int

    @property
    def channels(self) -> int:
        """1 for gray, 3 for RGB."""
        return 3 if self.kind in "36" else 1

    @property
    def bits(self) -> int:
        """Bits a channel."""
        if self.kind == "f":
            return 32
        return int(self.limit).bit_length()


def parse_ppm(data: bytes) -> Ppm:
    """Read the header of a PPM file.

    Args:
        data: Content of the file, which starts with PPM's signature.

    Raises:
        DataError: The header is damaged, or the image too large.
    """
    kind = data[1:2].decode("ascii")
    match = (_BITMAP if kind in "14" else _OTHERS).match(data)
    if match is None:
        raise damaged("the PPM's header is damaged or cut")
    limit = 1.0 if kind in "14" else _number(match[3])
    if kind == "f" and not limit:
        raise damaged("the PFM's header is damaged: its scale is 0")
    if kind != "f" and not (limit.is_integer() and 1 <= limit <= 65535):
        raise damaged(f"the PPM's header is damaged: expected a limit from 1 to 65535, received {limit:g}")
    width, height = int(match[1]), int(match[2])
    check_size(width, height, "PPM", len(data))
    return Ppm(kind, width, height, limit, match.end())


def _number(text: bytes) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise damaged(f"the PPM's header is damaged: expected a number, received {text.decode('ascii')}")
    return number


def ppm_pixels(data: bytes, ppm: Ppm) -> npt.NDArray[Any]:
    """The pixels of a PPM file, ``(height, width, channels)``.

    Args:
        data: Content of the file.
        ppm: Its header.

    Returns:
        uint8 from 0 to 255 for up to 8 bits, uint16 from 0 to 65535 for more; float32
        as stored for PFM.

    Raises:
        DataError: The pixels are cut or exceed the header's limit.
    """
    shape = (ppm.height, ppm.width, ppm.channels)
    if ppm.kind == "f":
        stored = _raw(data, ppm, np.dtype("<f4" if ppm.limit < 0 else ">f4"), math.prod(shape))
        return stored.reshape(shape)[::-1].astype(np.float32)  # the last row comes first
    if ppm.kind == "4":
        num_bytes = (ppm.width + 7) // 8
        packed = _raw(data, ppm, np.dtype(np.uint8), ppm.height * num_bytes).reshape(ppm.height, num_bytes)
        return (1 - np.unpackbits(packed, axis=1)[:, : ppm.width, None]) * np.uint8(255)
    if ppm.kind in "123":
        return _scaled(_plain(data, ppm, math.prod(shape)), ppm).reshape(shape)
    values = _raw(data, ppm, np.dtype(np.uint8 if ppm.limit < 256 else ">u2"), math.prod(shape))
    return _scaled(values, ppm).reshape(shape)


def _raw(data: bytes, ppm: Ppm, dtype: np.dtype[Any], count: int) -> npt.NDArray[Any]:
    if (len(data) - ppm.start) // dtype.itemsize < count:
        raise damaged(f"the image is cut: expected {count * dtype.itemsize:,} bytes of pixels")
    return np.frombuffer(data, dtype, count, ppm.start)


def _plain(data: bytes, ppm: Ppm, count: int) -> npt.NDArray[np.int64]:
    text = _COMMENT.sub(b" ", data[ppm.start :])
    if ppm.kind == "1":  # digits need no space between them, and 1 is black
        digits = np.frombuffer(b"".join(text.split())[:count], np.uint8)
        values = np.int64(ord("1")) - digits
    else:
        words = text.split(maxsplit=count)[:count]
        try:
            values = np.array([int(word) for word in words if len(word) <= 10], np.int64)
        except ValueError:
            raise damaged("the image is damaged: expected numbers as pixels") from None
    if len(values) < count:
        raise damaged(f"the image is cut: expected {count:,} numbers, received {len(values):,}")
    return values


def _scaled(values: npt.NDArray[Any], ppm: Ppm) -> npt.NDArray[Any]:
    limit = int(ppm.limit)
    if values.min() < 0 or values.max() > limit:
        raise damaged(f"the image is damaged: expected pixels from 0 to {limit}")
    full, dtype = (255, np.dtype(np.uint8)) if limit < 256 else (65535, np.dtype(np.uint16))
    if limit == full:
        return values.astype(dtype)
    return ((values.astype(np.int64) * (2 * full) + limit) // (2 * limit)).astype(dtype)
