"""Damaged, cut and hostile files: only `DataError`, and soon."""

from __future__ import annotations

import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import read_header
from shapenet.data.images.options import ImageOptions
from shapenet.errors import DataError

MAX_SECONDS = 2
NUM_MUTATIONS = 200
RGB = ImageOptions(color="rgb", dtype="uint8")
DEEP = ImageOptions(size=(8, 8), color="gray", dtype="float32")


def samples(channels, full):
    return np.random.default_rng(channels).integers(0, full + 1, (12, 10, channels))


def saved_photo(write, kind, **options):
    return write.saved(Image.fromarray(samples(3, 255).astype(np.uint8)), kind, **options)


def animation(write, kind):
    frames = [Image.new("RGB", (12, 10), color) for color in ("red", "lime", "blue")]
    return write.saved(frames[0], kind, save_all=True, append_images=frames[1:])


def exif():
    fields = Image.Exif()
    fields[0x0112] = 6
    return fields


FILES = {
    "png": lambda write: write.png(samples(3, 255), "RGB"),
    "png of 16 bits": lambda write: write.png(samples(4, 65535), "RGBA", 16, interlaced=True),
    "png with palette and exif": lambda write: saved_photo(write, "PNG", exif=exif()),
    "apng": lambda write: animation(write, "PNG"),
    "jpeg": lambda write: saved_photo(write, "JPEG"),
    "jpeg with exif": lambda write: saved_photo(write, "JPEG", exif=exif(), progressive=True),
    "webp": lambda write: saved_photo(write, "WEBP"),
    "lossless webp": lambda write: saved_photo(write, "WEBP", lossless=True, exif=exif()),
    "animated webp": lambda write: animation(write, "WEBP"),
    "gif": lambda write: animation(write, "GIF"),
    "bmp": lambda write: saved_photo(write, "BMP"),
    "bmp with palette": lambda write: write.saved(Image.new("P", (9, 9)), "BMP"),
    "tiff": lambda write: write.tiff(samples(3, 255), 2, "u1", orientation=6),
    "tiff of 16 bits": lambda write: write.tiff(samples(4, 65535), 2, "u2", extra=2, deflate=True),
    "tiff of 16-bit planes": lambda write: write.tiff(samples(3, 65535), 2, "u2", planar=True),
    "tiff of floating point": lambda write: write.tiff(samples(1, 255), 1, "f4", order=">"),
    "tiff, lzw": lambda write: saved_photo(write, "TIFF", compression="tiff_lzw"),
    "tiff, jpeg": lambda write: saved_photo(write, "TIFF", compression="jpeg"),
    "ppm": lambda _: b"P6 10 12 65535\n" + samples(3, 65535).astype(">u2").tobytes(),
    "plain ppm": lambda _: b"P3 10 12 255\n" + b" ".join(b"%d" % value for value in samples(3, 255).flat),
    "plain pbm": lambda _: b"P1 10 12\n" + b"".join(b"%d" % value for value in samples(1, 1).flat),
    "pfm": lambda _: b"Pf 10 12 -1.0\n" + samples(1, 255).astype("<f4").tobytes(),
}


def mutations(data):
    """Flipped bits, overwritten and removed bytes, most of them in the header, and cuts."""
    rng = np.random.default_rng(len(data))
    for number in range(NUM_MUTATIONS):
        damaged = bytearray(data)
        where = int(rng.integers(0, min(len(data), 80) if number % 2 else len(data)))
        kind = number % 5
        if kind == 0:
            del damaged[where:]
        elif kind == 1:
            damaged[where] ^= 1 << int(rng.integers(8))
        elif kind == 2:
            damaged[where : where + 4] = rng.bytes(4)
        elif kind == 3:
            damaged[where] = 0xFF if number % 3 else 0
        else:
            del damaged[where : where + int(rng.integers(1, 9))]
        yield bytes(damaged)


def outcome(read):
    """What reading gives, or the code of its error; anything else fails the test."""
    started = time.monotonic()
    try:
        result = read()
    except DataError as error:
        (problem,) = error.problems
        result = problem.code
    assert time.monotonic() - started < MAX_SECONDS
    return result


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("error")
def test_mutated_files(write, name, capsys):
    data = FILES[name](write)
    assert decode_image(data, RGB if "floating" not in name and name != "pfm" else DEEP).shape[2] in {1, 3}
    codes = set()
    for damaged in mutations(data):
        for read in (read_header, lambda data: decode_image(data, RGB), lambda data: decode_image(data, DEEP)):
            result = outcome(lambda: read(damaged))  # noqa: B023
            codes |= {result} if isinstance(result, str) else set()
    assert "data/damaged-image" in codes
    assert not capsys.readouterr().err  # libtiff writes to the file descriptor itself


@pytest.mark.parametrize("name", FILES)
def test_a_cut_anywhere_in_the_pixels_is_refused(write, name):
    data = FILES[name](write)
    end = len(data) // 2 if name in {"apng", "animated webp", "gif"} or "tiff" in name else len(data) - 24
    options = DEEP if "floating" in name or name == "pfm" else RGB
    first = 8 if name == "apng" else 0
    if name in {"apng", "gif", "animated webp"}:
        end = 40  # the first frame is small, and what follows it is not needed
    for length in range(first, end, 5):
        with pytest.raises(DataError):
            decode_image(data[:length], options)


def test_rows_that_are_missing_from_a_sound_png_are_refused(write):
    for bits, mode, channels in ((8, "L", 1), (8, "RGB", 3), (16, "RGB", 3), (8, "RGBA", 4), (2, "L", 1)):
        whole = write.png(samples(channels, 2**bits - 1) * 0, mode, bits)
        header = struct.pack(">IIBBBBB", 10, 14, bits, {"L": 0, "RGB": 2, "RGBA": 6}[mode], 0, 0, 0)
        data = whole.replace(whole[8:33], write.png_chunk(b"IHDR", header))
        with pytest.raises(DataError, match=r"cut|not enough"):
            decode_image(data, RGB)


@pytest.mark.parametrize(
    "data",
    [
        b"P6 50000 50000 255\n",
        b"Pf 50000 50000 -1\n",
        b"GIF89a"
        + struct.pack("<HHBBB", 50000, 50000, 0, 0, 0)
        + b","
        + struct.pack("<HHHHB", 0, 0, 50000, 50000, 0)
        + b"\2\2L\1\0;",
        b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 50000, 50000, 1, 24, *[0] * 6),
        b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, 50000, 50000, 3) + b"\1\x11\0\2\x11\0\3\x11\0\xff\xda\0\2",
    ],
    ids=["ppm", "pfm", "gif", "bmp", "jpeg"],
)
def test_bombs_of_every_format_are_refused_from_the_header(data):
    for read in (read_header, lambda data: decode_image(data, RGB)):
        assert outcome(lambda: read(data)) == "data/image-too-large"  # noqa: B023


def test_a_tiff_bomb_is_refused_from_the_header(write):
    data = bytearray(write.tiff(samples(1, 255), 1, "u1"))
    for tag in (256, 257):
        struct.pack_into("<I", data, data.index(struct.pack("<HHI", tag, 4, 1)) + 8, 50000)
    for read in (read_header, lambda data: decode_image(data, RGB)):
        assert outcome(lambda: read(bytes(data))) == "data/image-too-large"  # noqa: B023


def test_what_a_png_holds_beyond_its_rows_is_not_unpacked(write):
    stream = zlib.compressobj()
    packed = b"".join(stream.compress(bytes(2**20)) for _ in range(32)) + stream.flush()
    header = write.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + write.png_chunk(b"IDAT", packed) + write.png_chunk(b"IEND", b"")
    tracemalloc.start()
    outcome(lambda: decode_image(data, RGB))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize("kind", ["GIF", "PNG", "BMP", "JPEG"])
def test_more_pixels_than_the_file_can_hold(write, kind):
    """A damaged size in a small file must not cost the memory and time of a large image."""
    data = bytearray(saved_photo(write, kind))
    width, height = (6, 8) if kind == "GIF" else (18, 22) if kind == "BMP" else (16, 20)
    sides = (60000, 2900)
    if kind == "JPEG":
        start = data.index(b"\xff\xc0") + 5
        struct.pack_into(">HH", data, start, *sides)
    elif kind == "PNG":
        struct.pack_into(">II", data, width, *sides)
        struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    else:
        for where, side in zip((width, height), sides, strict=True):
            struct.pack_into("<H" if kind == "GIF" else "<I", data, where, side)
    for read in (read_header, lambda data: decode_image(data, RGB)):
        assert outcome(lambda: read(bytes(data))) == "data/image-too-large"  # noqa: B023
