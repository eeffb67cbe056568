"""What headers tell: format by content, size, colour, depth and further frames."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from shapenet.data.images.header import ImageHeader, read_header
from shapenet.errors import DataError


def frames(count):
    return [Image.new("RGB", (4, 3), (60 * number, 0, 0)) for number in range(count)]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_more_than_one_frame(write, kind):
    first, *others = frames(3)
    several = read_header(write.saved(first, kind, save_all=True, append_images=others))
    assert (several.format, several.animated, several.size) == (kind, True, (3, 4))
    assert not read_header(write.saved(first, kind)).animated


def test_a_jpeg_with_a_preview_is_no_animation(write):
    first, *others = frames(2)
    data = write.saved(first, "MPO", save_all=True, append_images=others)
    assert read_header(data) == ImageHeader("JPEG", 4, 3, gray=False, bits=8)


@pytest.mark.parametrize(
    ("mode", "kind", "gray", "bits"),
    [
        ("1", "BMP", True, 1), ("1", "TIFF", True, 1), ("L", "JPEG", True, 8), ("L", "BMP", True, 8),
        ("P", "GIF", False, 8), ("RGB", "BMP", False, 8), ("CMYK", "JPEG", False, 8), ("RGBA", "WEBP", False, 8),
        ("LA", "TIFF", True, 8), ("I;16", "TIFF", True, 16), ("F", "TIFF", True, 32),
    ],
)  # fmt: skip
def test_colour_and_depth(write, mode, kind, gray, bits):
    image = Image.new(mode, (4, 3))
    if mode == "P":
        image.putpalette([10, 20, 30, 40, 50, 60])
    header = read_header(write.saved(image, kind))
    assert (header.format, header.gray, header.bits, header.floating) == (kind, gray, bits, mode == "F")


def test_a_cut_file_still_tells_its_header(write):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    for kind in ("PNG", "JPEG", "BMP", "PPM", "GIF"):
        data = write.saved(Image.fromarray(pixels), kind)
        assert read_header(data[: len(data) * 3 // 4]).size == (40, 50)


@pytest.mark.parametrize(
    ("data", "code", "received"),
    [
        (b"", "data/damaged-image", "an empty file"),
        (b"  <html>", "data/not-an-image", "HTML or XML"),
        (b"id,label\n", "data/not-an-image", "starts with b'id,label"),
        (b"\x89PNG\r\n\x1a\n", "data/damaged-image", "PNG's header"),
        (b"\xff\xd8\xff\xe0", "data/damaged-image", "header of the JPEG"),
        (b"P6 0 5 255\n", "data/damaged-image", "0 x 5"),
        (b"P6 5 5 70000\n", "data/damaged-image", "from 1 to 65535"),
    ],
)
def test_what_is_no_image_is_named(data, code, received):
    with pytest.raises(DataError, match=received) as caught:
        read_header(data)
    assert caught.value.problems[0].code == code
