"""Opening and loading image files with Pillow, its errors told in our words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from shapenet.data.images.faults import MAX_PIXELS, check_size, damaged
from shapenet.errors import DataError

_ORIENTATION = 0x0112
_MAY_ORIENT = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})


@contextmanager
def told(what: str) -> Iterator[None]:
    """Raise what Pillow's decoders raise within as `DataError`, and keep them from warning.

    Args:
        what: What is read, for the message.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (DataError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise DataError("data/image-too-large", f"expected at most {MAX_PIXELS:,} pixels: {error}") from None
    except UnidentifiedImageError:
        message = f"the header of the {what} is damaged or cut, or its kind of pixels is not supported"
        raise damaged(message) from None
    except Exception as error:  # a dozen types on damaged files
        raise damaged(f"the {what} is damaged: {error}") from error


def open_image(data: bytes, kind: str) -> Image.Image:
    """Read a file's header; to be called within `told`.

    Args:
        data: Content of the file.
        kind: Its format.

    Raises:
        DataError: It is too large.
    """
    image = Image.open(BytesIO(data), formats=(kind,))
    check_size(*image.size)
    return image


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1, which is upright, if none can be read."""
    if image.format != "TIFF" and _MAY_ORIENT.isdisjoint(image.info):
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # whatever Pillow meets in damaged EXIF, the pixels may be sound
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def loaded(image: Image.Image) -> Image.Image:
    """Decode the pixels of an opened image and turn it upright; to be called within `told`."""
    image.load()
    if orientation_of(image) == 1:
        return image
    return ImageOps.exif_transpose(image)
