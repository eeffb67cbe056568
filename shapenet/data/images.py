"""Decoding the bytes of one image file to an array of 8-bit pixels.

What becomes of what a file may hold:

- The format is told from the content, never from the name: PNG, JPEG, BMP, GIF, WebP,
  TIFF and PPM. An animation gives its first frame.
- EXIF orientation is applied.
- 16-bit gray is divided by 257 and rounded, so that 65535 becomes 255 and nothing is
  clipped; of 16-bit colour Pillow keeps the upper byte, which differs by at most 1.
  Pixels of 32 bits or floating point have no known range and are refused.
- Transparency (an alpha channel, a transparent colour) is laid over white.
- A palette becomes RGB; CMYK, YCbCr, Lab and HSV are converted to RGB by Pillow.
- RGB becomes gray by ITU-R 601 luma, gray becomes RGB by repeating its channel.
- Resizing stretches to the asked size, bilinear and antialiased.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from shapenet.errors import DataError

MAX_PIXELS = 178_956_970
"""Images with more pixels are refused from their header alone."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
_GRAY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N"})
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_EXIF_ORIENTATION = 0x0112
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_gray(data: bytes) -> bool:
    """Whether an image file says in its header that it has no colour.

    Args:
        data: Content of the file.

    Raises:
        DataError: It is not an image, or too large.
    """
    return _open(data).mode in _GRAY_MODES


def decode_image(data: bytes, *, channels: int, size: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
    """The pixels of an image file.

    Args:
        data: Content of the file.
        channels: 1 for gray, 3 for RGB.
        size: Height and width in pixels to stretch the image to; its own if None.

    Returns:
        Array ``(height, width, channels)``, uint8, 0 to 255. It may be read-only.

    Raises:
        DataError: The file is empty, not an image, damaged, cut, too large, or its
            pixels have no known range. The error has no place.
    """
    image = _open(data)
    try:
        if data.startswith(_PNG_SIGNATURE):
            _check_png(data)
        image.load()
        return _pixels(image, channels, size)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise a dozen types on damaged files
        raise DataError("data/damaged-image", f"the image is damaged: {error}") from error


def _open(data: bytes) -> Image.Image:
    if not data:
        raise DataError("data/damaged-image", "expected an image, received an empty file")
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        raise _not_an_image(data) from None
    except Image.DecompressionBombError as error:
        raise DataError("data/image-too-large", f"expected at most {MAX_PIXELS:,} pixels: {error}") from None
    except MemoryError:
        raise
    except Exception as error:  # as above
        raise DataError("data/damaged-image", f"the header is damaged: {error}") from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        message = f"expected at most {MAX_PIXELS:,} pixels, received {width} x {height} in the header"
        raise DataError("data/image-too-large", message)
    return image


def _not_an_image(data: bytes) -> DataError:
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        received = "HTML or XML"
    elif any(data.startswith(signature) for signature in (_PNG_SIGNATURE, b"\xff\xd8\xff", b"GIF8", b"BM")):
        received = "an image with a damaged header"
    else:
        received = f"a file that starts with {data[:12]!r}"
    known = ", ".join(_FORMATS)
    return DataError("data/not-an-image", f"expected an image ({known}), received {received}")


def _check_png(data: bytes) -> None:
    """Compare the checksums of the pixel chunks, which Pillow passes over."""
    view = memoryview(data)
    position = len(_PNG_SIGNATURE)
    while position + 12 <= len(data):
        num_bytes = int.from_bytes(view[position : position + 4], "big")
        kind, end = data[position + 4 : position + 8], position + 8 + num_bytes
        if kind == b"IDAT" and zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise DataError("data/damaged-image", "the image is damaged or cut: a PNG checksum differs")
        if kind == b"IEND":
            return
        position = end + 4


def _pixels(image: Image.Image, channels: int, size: tuple[int, int] | None) -> npt.NDArray[np.uint8]:
    if (image.info or image.format == "TIFF") and image.getexif().get(_EXIF_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    mode = "L" if channels == 1 else "RGB"
    if image.mode != mode or "transparency" in image.info:
        image = _converted(image, mode)
    if size is not None and image.size != (size[1], size[0]):
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, channels)


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    if image.mode not in {"1", "L", "RGB", "RGBA"}:
        image = image.convert("RGB")
    return image.convert(mode)


def _eight_bits(image: Image.Image) -> Image.Image:
    sixteen_bits = image.mode.startswith("I;16") or (image.mode == "I" and image.format in {"PNG", "PPM"})
    if not sixteen_bits:
        message = f"expected pixels of 1, 8 or 16 bits, received Pillow's mode {image.mode!r}"
        raise DataError("data/image-depth", message)
    values: npt.NDArray[Any] = np.asarray(image).astype(np.uint32)
    scaled = Image.fromarray(((values + 128) // 257).astype(np.uint8))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        alpha = Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))
        return Image.merge("LA", (scaled, alpha))
    return scaled
