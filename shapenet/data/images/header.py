"""What an image file holds, from its header alone."""

from __future__ import annotations

from dataclasses import dataclass

from shapenet.data.images.color import GRAY_MODES
from shapenet.data.images.faults import sniff
from shapenet.data.images.opening import open_image, told
from shapenet.data.images.options import Size
from shapenet.data.images.orientation import QUARTER_TURNED, orientation_of, png_orientation
from shapenet.data.images.png import GRAY, GRAY_ALPHA, PALETTE, Png, parse_png
from shapenet.data.images.ppm import parse_ppm
from shapenet.data.images.tiff import tiff_bits


@dataclass(frozen=True)
class ImageHeader:
    """What an image file holds.

    Attributes:
        format: ``PNG``, ``JPEG``, ``WEBP``, ``GIF``, ``BMP``, ``TIFF`` or ``PPM``.
        width: Pixels in a row, upright, as `decode` gives them.
        height: Rows, upright, as `decode` gives them.
        gray: Whether there is no colour; palettes count as colour.
        bits: Bits a channel; 8 for palettes.
        floating: Whether the pixels are floating point.
        animated: Whether there are frames or pages after the first.
        orientation: The EXIF orientation that is applied, 1 to 8.
    """

    format: str
    width: int
    height: int
    gray: bool
    bits: int
    floating: bool = False
    animated: bool = False
    orientation: int = 1

    @property
    def size(self) -> Size:
        """Height and width, upright."""
        return self.height, self.width


def read_header(data: bytes) -> ImageHeader:
    """Read an image file's header.

    Args:
        data: Content of the file.

    Raises:
        DataError: It is empty, not an image, too large, or its header is damaged. The
            error has no place.
    """
    kind = sniff(data)
    if kind == "PNG":
        return _png_header(data, parse_png(data, whole=False))
    if kind == "PPM":
        ppm = parse_ppm(data)
        return ImageHeader(kind, ppm.width, ppm.height, ppm.channels == 1, ppm.bits, floating=ppm.kind == "f")
    return _pillow_header(data, kind)


def _png_header(data: bytes, png: Png) -> ImageHeader:
    orientation = png_orientation(data, png)
    width, height = _upright(png.width, png.height, orientation)
    gray = png.color_type in {GRAY, GRAY_ALPHA}
    bits = 8 if png.color_type == PALETTE else png.bits
    return ImageHeader("PNG", width, height, gray, bits, animated=png.animated, orientation=orientation)


def _pillow_header(data: bytes, kind: str) -> ImageHeader:
    with told(kind):
        image = open_image(data, kind)
        orientation = orientation_of(image)
        bits, floating = tiff_bits(image) if kind == "TIFF" else (1 if image.mode == "1" else 8, False)
        animated = kind != "JPEG" and bool(getattr(image, "is_animated", False))
        width, height = image.size
        if kind != "TIFF":  # Pillow has turned a TIFF's already
            width, height = _upright(width, height, orientation)
        gray = image.mode in GRAY_MODES
    return ImageHeader(kind, width, height, gray, bits, floating, animated, orientation)


def _upright(width: int, height: int, orientation: int) -> Size:
    return (height, width) if orientation in QUARTER_TURNED else (width, height)
