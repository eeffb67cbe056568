"""The fast road of plain PNG files gives Pillow's pixels, or leaves the file to Pillow."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shapenet.data.images.plain import plain_pixels
from shapenet.data.images.png import parse_png
from tests.data.images.conftest import png_chunk

NONE, SUB, UP, AVERAGE, PAETH = range(5)


def stream(pixels, filters):
    """The rows of an image, each behind its filter, which is None or Up."""
    rows = pixels.reshape(len(pixels), -1)
    above = np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
    coded = np.where(np.array(filters)[:, None] == UP, rows - above, rows)
    return b"".join(bytes([kind]) + row.tobytes() for kind, row in zip(filters, coded, strict=True))


def png(rows, height, width, channels, *, interlaced=0, more=b"", bits=8):
    header = struct.pack(">IIBBBBB", width, height, bits, 2 if channels == 3 else 0, 0, 0, interlaced)
    chunks = png_chunk(b"IHDR", header) + more + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def noise(height, width, channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def read(data):
    return plain_pixels(parse_png(data, whole=True))


@given(st.integers(1, 70), st.integers(1, 9), st.sampled_from([1, 3]), st.sampled_from([NONE, UP]),
       st.sampled_from([NONE, UP]), st.integers(0, 9), st.integers(0, 99))  # fmt: skip
def test_the_pixels_are_those_of_pillow(height, width, channels, first, others, level, seed):
    pixels = noise(height, width, channels, seed)
    data = png(zlib.compress(stream(pixels, [first] + [others] * (height - 1)), level), height, width, channels)
    theirs = np.asarray(Image.open(io.BytesIO(data))).reshape(pixels.shape)
    np.testing.assert_array_equal(read(data), theirs)
    np.testing.assert_array_equal(theirs, pixels)


@pytest.mark.parametrize("kind", [NONE, UP])
def test_large_images_too(kind):
    pixels = noise(300, 301, 3)
    np.testing.assert_array_equal(read(png(zlib.compress(stream(pixels, [kind] * 300)), 300, 301, 3)), pixels)


@pytest.mark.parametrize(
    "filters", [[UP, SUB, UP, UP], [NONE, NONE, NONE, PAETH], [AVERAGE] + [UP] * 3, [UP, UP, NONE, UP], [UP] * 3 + [5]]
)
def test_other_filters_are_left_to_pillow(filters):
    assert read(png(zlib.compress(stream(noise(4, 5, 3), filters)), 4, 5, 3)) is None


@pytest.mark.parametrize("more", [{"interlaced": 1}, {"more": png_chunk(b"tRNS", bytes(6))}, {"bits": 16}])
def test_other_kinds_are_left_to_pillow(more):
    assert read(png(zlib.compress(stream(noise(4, 4, 3), [UP] * 4)), 4, 4, 3, **more)) is None


def test_what_is_not_sound_is_left_to_pillow():
    rows = stream(noise(6, 5, 3), [UP] * 6)
    whole = zlib.compress(rows)
    wrong_sum, damaged = whole[:-1] + bytes([whole[-1] ^ 1]), bytes([whole[0] ^ 0xFF]) + whole[1:]
    missing, too_many = zlib.compress(rows[:-1]), zlib.compress(rows + b"\0")
    for packed in (whole[:-1], whole[:20], b"", wrong_sum, damaged, missing, too_many):
        assert read(png(packed, 6, 5, 3)) is None
    assert read(png(whole, 6, 5, 3)) is not None
