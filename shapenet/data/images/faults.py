"""What is refused in image files, in words, and the largest image."""

from __future__ import annotations

from shapenet.errors import DataError

MAX_PIXELS = 178_956_970
"""Images with more pixels are refused from their header alone."""

_ALWAYS_PLAUSIBLE = 2**24
_MOST_PIXELS_A_BYTE = 65536  # a blank fax page of 600 dpi has 40,000
_PIXELS_A_BYTE = {"GIF": 4096}  # 12 bits stand for 4096 pixels at most

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    **{b"P%c" % letter: "PPM" for letter in b"123456f"},
}


def sniff(data: bytes) -> str:
    """The format of an image file, one of `FORMATS`, by its first bytes.

    Args:
        data: Content of the file.

    Raises:
        DataError: The file is empty, or none of them.
    """
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            return name
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if not data:
        raise damaged("expected an image, received an empty file")
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    received = "HTML or XML" if start.startswith(b"<") else f"a file that starts with {data[:12]!r}"
    raise DataError("data/not-an-image", f"expected an image ({', '.join(FORMATS)}), received {received}")


def check_size(width: int, height: int, kind: str, num_bytes: int) -> None:
    """Refuse what a header says is empty, too large to decode, or more than the file can hold.

    Args:
        width: Pixels in a row.
        height: Rows.
        kind: Format of the file.
        num_bytes: Its size.

    Raises:
        DataError: A side is not positive, or there are too many pixels.
    """
    if width < 1 or height < 1:
        raise damaged(f"expected at least one pixel, received {width} x {height} in the header")
    num_pixels = width * height
    if num_pixels > MAX_PIXELS:
        message = f"expected at most {MAX_PIXELS:,} pixels, received {width:,} x {height:,} in the header"
        raise DataError("data/image-too-large", message)
    if num_pixels > _ALWAYS_PLAUSIBLE and num_pixels > num_bytes * _PIXELS_A_BYTE.get(kind, _MOST_PIXELS_A_BYTE):
        received = f"{width:,} x {height:,} pixels in the header of a {kind} of {num_bytes:,} bytes"
        raise DataError("data/image-too-large", f"expected as many pixels as a file can hold, received {received}")


def damaged(message: str) -> DataError:
    """The error for a file that is damaged or cut."""
    return DataError("data/damaged-image", message)


def unfit_depth(expected: str, received: str, hint: str | None = None) -> DataError:
    """The error for pixels of a type or value that can't become what is asked for."""
    return DataError("data/image-depth", f"expected {expected}, received {received}", hint=hint)
