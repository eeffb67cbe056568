"""Decoding one image: formats, modes, sizes, and files that are no images."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import read_header
from shapenet.data.images.jpeg import plain_jpeg
from shapenet.data.images.options import ImageOptions
from shapenet.errors import DataError

GRAY = ImageOptions(color="gray", dtype="uint8")
RGB = ImageOptions(color="rgb", dtype="uint8")


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


NOISE = np.random.default_rng(7).integers(0, 256, (6, 9, 3), np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_lossless_formats_give_the_pixels(kind):
    data = encoded(Image.fromarray(NOISE), kind, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(decode_image(data, RGB), NOISE)
    assert not read_header(data).gray


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_gray(kind):
    data = encoded(Image.new("L", (3, 2), 100), kind)
    assert read_header(data).gray
    np.testing.assert_array_equal(decode_image(data, GRAY), np.full((2, 3, 1), 100))
    np.testing.assert_array_equal(decode_image(data, RGB), np.full((2, 3, 3), 100))


def test_sixteen_bits_are_scaled_without_clipping():
    values = np.array([[0, 257, 25700, 65535]], np.uint16)
    data = encoded(Image.fromarray(values))
    assert read_header(data).gray
    assert decode_image(data, GRAY)[0, :, 0].tolist() == [0, 1, 100, 255]
    pgm = b"P5 4 1 65535\n" + values.astype(">u2").tobytes()
    assert decode_image(pgm, GRAY)[0, :, 0].tolist() == [0, 1, 100, 255]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 1, 16, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" + np.repeat(values, 3).astype(">u2").tobytes()))
    rgb = b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")
    assert decode_image(rgb, RGB)[0, :, 1].tolist() == [0, 1, 100, 255]


def test_pixels_without_a_known_range_are_refused():
    for mode in ("I", "F"):
        with pytest.raises(DataError, match="16 bits"):
            decode_image(encoded(Image.new(mode, (2, 2)), "TIFF"), GRAY)


def test_transparency_lies_over_white():
    clear, half = (0, 0, 0, 0), (0, 0, 0, 128)
    assert decode_image(encoded(Image.new("RGBA", (1, 1), clear)), RGB).tolist() == [[[255] * 3]]
    assert decode_image(encoded(Image.new("RGBA", (1, 1), half)), RGB).tolist() == [[[127] * 3]]
    assert decode_image(encoded(Image.new("LA", (1, 1), (0, 0))), GRAY).tolist() == [[[255]]]
    assert decode_image(encoded(Image.new("L", (1, 1), 5), transparency=5), GRAY).tolist() == [[[255]]]
    assert decode_image(encoded(Image.new("I;16", (1, 1), 5), transparency=5), GRAY).tolist() == [[[255]]]
    palette = Image.new("P", (1, 1), 0)
    palette.putpalette([10, 20, 30])
    assert decode_image(encoded(palette, transparency=0), RGB).tolist() == [[[255] * 3]]


def test_palette_one_bit_and_cmyk():
    palette = Image.new("P", (1, 1), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert decode_image(encoded(palette), RGB).tolist() == [[[10, 20, 30]]]
    assert not read_header(encoded(palette)).gray
    assert decode_image(encoded(Image.new("1", (1, 1), 1)), GRAY).tolist() == [[[255]]]
    assert decode_image(encoded(Image.new("CMYK", (1, 1)), "TIFF"), RGB).tolist() == [[[255] * 3]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_exif_orientation_is_applied(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side
    data = encoded(Image.fromarray(NOISE), kind, exif=exif)
    np.testing.assert_array_equal(decode_image(data, RGB), np.rot90(NOISE, -1))


def test_animations_give_their_first_frame():
    frames = [Image.new("RGB", (2, 2), color) for color in ("red", "blue")]
    for kind in ("GIF", "PNG"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert decode_image(data, RGB)[0, 0].tolist() == [255, 0, 0]


def test_resizing_stretches_and_averages():
    values = np.tile(np.array([[0, 255]], np.uint8), (8, 8))
    resized = decode_image(encoded(Image.fromarray(values)), ImageOptions(size=(4, 2), color="gray", dtype="uint8"))
    assert resized.shape == (4, 2, 1)
    assert abs(int(resized[0, 0, 0]) - 128) < 20


@pytest.mark.parametrize(
    ("data", "received"),
    [
        (b"", "an empty file"),
        (b"\n<!DOCTYPE html><html></html>", "HTML or XML"),
        (b"hello", "starts with b'hello'"),
        (b"\x89PNG\r\n\x1a\n", "header"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "starts with"),
    ],
)
def test_what_is_not_an_image(data, received):
    with pytest.raises(DataError, match=received):
        decode_image(data, GRAY)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
def test_cut_files_are_refused_at_any_length(kind):
    data = encoded(Image.fromarray(NOISE), kind)
    for length in range(0, len(data) * 3 // 4, 7):
        with pytest.raises(DataError):
            decode_image(data[:length], RGB)


def test_a_flipped_bit_of_a_png_never_changes_pixels_in_silence():
    data = encoded(Image.fromarray(NOISE))
    start = data.index(b"IDAT") + 4
    for position in range(start, len(data) - 16):
        damaged = bytearray(data)
        damaged[position] ^= 16
        with pytest.raises(DataError):
            decode_image(bytes(damaged), RGB)


def test_pixel_bombs_are_refused_from_the_header():
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    for read in (read_header, lambda data: decode_image(data, RGB)):
        with pytest.raises(DataError) as caught:
            read(bomb)
        assert caught.value.problems[0].code == "data/image-too-large"


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 20}, {"comment": b"x" * 300}],
)
def test_the_short_way_through_a_jpeg_gives_what_pillow_gives(mode, options):
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (37, 21, 3), np.uint8)).convert(mode)
    data = encoded(image, "JPEG", **options)
    assert plain_jpeg(data) is not None
    reference = np.asarray(Image.open(io.BytesIO(data)))
    decoded = decode_image(data, GRAY if mode == "L" else RGB)
    np.testing.assert_array_equal(decoded, reference.reshape(decoded.shape))


def test_a_jpeg_with_exif_or_four_channels_goes_the_long_way():
    exif = Image.Exif()
    exif[0x0112] = 3
    assert plain_jpeg(encoded(Image.new("RGB", (4, 4)), "JPEG", exif=exif)) is None
    assert plain_jpeg(encoded(Image.new("CMYK", (4, 4)), "JPEG")) is None


@pytest.mark.parametrize("shade", [0, 172, 173, 174, 255])
def test_no_shade_is_taken_for_missing_rows(shade):
    for mode, options in (("L", GRAY), ("RGB", RGB)):
        data = encoded(Image.new("L", (5, 4), shade).convert(mode))
        assert (decode_image(data, options) == shade).all()
