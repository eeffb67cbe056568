"""Opening image files with Pillow, its errors told in our words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from shapenet.data.images.faults import MAX_PIXELS, check_size, damaged
from shapenet.errors import DataError


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
    check_size(*image.size, kind, len(data))
    return image
