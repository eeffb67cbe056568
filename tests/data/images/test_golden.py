"""Pixels of every kind of file against values that are computed here, from the numbers written."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import read_header
from shapenet.data.images.options import ImageOptions
from shapenet.errors import DataError

HEIGHT, WIDTH = 11, 7
LUMA = np.array([0.299, 0.587, 0.114])
CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
COLORS, DTYPES = ("gray", "rgb"), ("uint8", "uint16", "float32")


def random_samples(channels, full, seed=0):
    samples = np.random.default_rng(seed).integers(0, full + 1, (HEIGHT, WIDTH, channels))
    samples.flat[:2] = (full, 0)
    return samples


def light(samples, mode, full):
    """Gray or RGB from 0 to 1 on white, in double precision."""
    values = samples / full
    if mode == "CMYK":
        return (1 - values[..., :3]) * (1 - values[..., 3:])
    if mode in {"LA", "RGBA"}:
        alpha = values[..., -1:]
        return values[..., :-1] * alpha + (1 - alpha)
    return values


def expected(values, color, dtype):
    if color == "gray" and values.shape[2] == 3:
        values = (values @ LUMA)[..., None]
    if color == "rgb" and values.shape[2] == 1:
        values = np.repeat(values, 3, axis=2)
    return values * {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]


def check(data, values, *, steps, depth):
    """Decode to each colour and type.

    Args:
        data: The file.
        values: What it holds, from 0 to 1.
        steps: Roundings at the file's depth that may add up.
        depth: The number that stands for white in the file, 255 or 65535.
    """
    for color in COLORS:
        for dtype in DTYPES:
            decoded = decode_image(data, ImageOptions(color=color, dtype=dtype))
            assert decoded.dtype == dtype
            wanted = expected(values, color, dtype)
            assert decoded.shape == wanted.shape
            full = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
            luma = color == "gray" and values.shape[2] == 3
            file_steps = (steps + 0.5 + 0.3 * luma if steps or luma else 0) * full / depth
            own_rounding = 1e-7 if dtype == "float32" else 0.5 if full < depth else 1e-9
            assert np.abs(decoded - wanted).max() <= file_steps + own_rounding


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("mode", "bits"),
    [
        *[("L", bits) for bits in (1, 2, 4, 8, 16)],
        *[(mode, bits) for mode in ("LA", "RGB", "RGBA") for bits in (8, 16)],
    ],
)
def test_png(write, mode, bits, interlaced):
    full = 2**bits - 1
    samples = random_samples(CHANNELS[mode], full)
    data = write.png(samples, mode, bits, interlaced=interlaced)
    header = read_header(data)
    assert (header.format, header.size, header.bits, header.floating) == ("PNG", (HEIGHT, WIDTH), bits, False)
    assert header.gray == (mode in {"L", "LA"})
    check(data, light(samples, mode, full), steps=mode[-1] == "A", depth=max(full, 255))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_png_palettes(write, bits):
    colors = np.random.default_rng(1).integers(0, 256, (2**bits, 3))
    samples = random_samples(1, 2**bits - 1)
    palette = write.png_chunk(b"PLTE", colors.astype(np.uint8).tobytes())
    data = write.png(samples, "P", bits, before=palette)
    assert (read_header(data).gray, read_header(data).bits) == (False, 8)
    values = colors[samples[..., 0]] / 255
    check(data, values, steps=0, depth=255)
    clear = write.png_chunk(b"tRNS", b"\0")  # the first colour of the palette
    values[samples[..., 0] == 0] = 1
    check(write.png(samples, "P", bits, before=palette + clear), values, steps=0, depth=255)


@pytest.mark.parametrize(("mode", "bits"), [("L", 1), ("L", 2), ("L", 4), ("L", 8), ("L", 16), ("RGB", 8), ("RGB", 16)])
def test_the_transparent_colour_of_a_png_is_white(write, mode, bits):
    full = 2**bits - 1
    samples = random_samples(CHANNELS[mode], full)
    color = samples[3, 3]
    clear = write.png_chunk(b"tRNS", color.astype(">u2").tobytes())
    values = samples / full
    values[(samples == color).all(axis=2)] = 1
    check(write.png(samples, mode, bits, before=clear), values, steps=0, depth=max(full, 255))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize(
    ("mode", "photometric", "extra"), [("L", 1, None), ("RGB", 2, None), ("RGBA", 2, 2), ("CMYK", 5, None)]
)
def test_tiff(write, mode, photometric, extra, dtype, deflate, order):
    full = np.iinfo(dtype).max
    samples = random_samples(CHANNELS[mode], full)
    data = write.tiff(samples, photometric, dtype, order=order, deflate=deflate, extra=extra)
    header = read_header(data)
    assert (header.size, header.gray, header.bits) == ((HEIGHT, WIDTH), mode == "L", 8 * np.dtype(dtype).itemsize)
    check(data, light(samples, mode, full), steps=mode in {"RGBA", "CMYK"}, depth=full)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_with_colour_multiplied_by_alpha(write, dtype, order):
    full = np.iinfo(dtype).max
    alpha = random_samples(1, full, seed=1)
    samples = np.concatenate([random_samples(3, full) * alpha // full, alpha], axis=2)
    values = samples[..., :3] / full + 1 - alpha / full
    data = write.tiff(samples, 2, dtype, order=order, extra=1)
    check(data, values, steps=2 if dtype == "u1" else 0, depth=full)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_tiff_with_unused_channel_and_with_white_as_zero(write, dtype):
    full = np.iinfo(dtype).max
    samples = random_samples(4, full)
    check(write.tiff(samples, 2, dtype, extra=0), samples[..., :3] / full, steps=0, depth=full)
    check(write.tiff(samples[..., :1], 0, dtype), 1 - samples[..., :1] / full, steps=0, depth=full)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize(
    ("mode", "photometric", "extra"), [("L", 1, None), ("RGB", 2, None), ("RGBA", 2, 2), ("CMYK", 5, None)]
)
def test_tiff_with_planes(write, mode, photometric, extra, dtype, deflate, order):
    full = np.iinfo(dtype).max
    samples = random_samples(CHANNELS[mode], full)
    data = write.tiff(samples, photometric, dtype, order=order, deflate=deflate, extra=extra, planar=True)
    check(data, light(samples, mode, full), steps=mode in {"RGBA", "CMYK"}, depth=full)


def test_tiff_of_twelve_bits(write):
    samples = random_samples(1, 4095)
    bits = ((samples.reshape(HEIGHT, -1, 1) >> np.arange(11, -1, -1)) & 1).reshape(HEIGHT, -1)
    rows = np.packbits(bits.astype(np.uint8), axis=1)
    data = bytearray(write.tiff(rows[..., None], 1, "u1"))
    for tag, value in ((256, WIDTH), (258, 12)):
        struct.pack_into("<I", data, data.index(struct.pack("<HHI", tag, 4, 1)) + 8, value)
    decoded = decode_image(bytes(data), ImageOptions(color="gray", dtype="uint16"))
    np.testing.assert_array_equal(decoded, np.rint(samples * (65535 / 4095)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_floating_point_stays_as_it_is(write, order):
    samples = np.random.default_rng(0).normal(0, 100, (HEIGHT, WIDTH, 1)).astype(np.float32)
    pfm = b"Pf\n%d %d\n%s1.0\n" % (WIDTH, HEIGHT, b"-" if order == "<" else b"")
    pfm += samples[::-1].astype(f"{order}f4").tobytes()
    for data in (write.tiff(samples, 1, "f4", order=order), pfm):
        header = read_header(data)
        assert (header.floating, header.gray, header.size) == (True, True, (HEIGHT, WIDTH))
        np.testing.assert_array_equal(decode_image(data, ImageOptions(color="gray", dtype="float32")), samples)
        rgb = decode_image(data, ImageOptions(color="rgb", dtype="float32"))
        np.testing.assert_array_equal(rgb, np.repeat(samples, 3, axis=2))
        for dtype in ("uint8", "uint16"):
            with pytest.raises(DataError, match="no known range") as caught:
                decode_image(data, ImageOptions(color="gray", dtype=dtype))
            assert caught.value.problems[0].code == "data/image-depth"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused(write, value):
    samples = np.zeros((2, 2, 1), np.float32)
    samples[1, 0] = value
    pfm = b"Pf 2 2 -1\n" + samples.tobytes()
    for data in (write.tiff(samples, 1, "f4"), pfm):
        with pytest.raises(DataError, match="NaN or infinity"):
            decode_image(data, ImageOptions(color="gray", dtype="float32"))


@pytest.mark.parametrize("limit", [1, 100, 255, 1000, 65535])
@pytest.mark.parametrize("channels", [1, 3])
def test_ppm(limit, channels):
    samples = random_samples(channels, limit)
    raw, plain = (b"P5", b"P2") if channels == 1 else (b"P6", b"P3")
    size = b"# a comment\n%d %d\n%d\n" % (WIDTH, HEIGHT, limit)
    numbers = " ".join(map(str, samples.flat)).encode()
    depth = 255 if limit < 256 else 65535
    for data in (
        raw + b"\n" + size + samples.astype(">u2" if limit > 255 else "u1").tobytes(),
        plain + b"\n" + size + numbers[:20] + b" # another\n" + numbers[20:],
    ):
        if b"# another" in data:
            data = plain + b"\n" + size + b"# another\n" + numbers  # noqa: PLW2901
        assert read_header(data).gray == (channels == 1)
        steps = 0.5 if depth != limit else 0
        check(data, samples / limit, steps=steps, depth=depth)


def test_pbm():
    samples = random_samples(1, 1)
    size = b"%d %d\n" % (WIDTH, HEIGHT)
    rows = np.packbits(1 - samples[..., 0].astype(np.uint8), axis=1)
    digits = "".join(map(str, 1 - samples.ravel())).encode()
    for data in (b"P4 " + size + rows.tobytes(), b"P1 " + size + digits):
        assert (read_header(data).bits, read_header(data).gray) == (1, True)
        check(data, samples.astype(float), steps=0, depth=255)


@pytest.mark.parametrize("kind", ["WEBP", "BMP", "GIF"])
def test_lossless_formats(write, kind):
    samples = random_samples(3, 255)
    image = Image.fromarray(samples.astype(np.uint8))
    if kind == "GIF":
        image = image.quantize(255)
        samples = np.array(image.getpalette()).reshape(-1, 3)[np.asarray(image)]
    data = write.saved(image, kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert (read_header(data).format, read_header(data).size) == (kind, (HEIGHT, WIDTH))
    check(data, samples / 255, steps=0, depth=255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_transparency_of_gif_and_webp_lies_over_white(write, kind):
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0] = (10, 20, 30, 255)
    data = write.saved(Image.fromarray(pixels), kind, **({"lossless": True} if kind == "WEBP" else {}))
    decoded = decode_image(data, ImageOptions(color="rgb", dtype="uint8"))
    assert decoded.tolist() == [[[10, 20, 30]] * 2, [[255] * 3] * 2]


@pytest.mark.parametrize(("mode", "color"), [("L", 90), ("RGB", (200, 100, 50)), ("CMYK", (10, 100, 200, 40))])
def test_jpeg(write, mode, color):
    """One colour survives JPEG's compression up to its rounding."""
    data = write.saved(Image.new(mode, (WIDTH, HEIGHT), color), "JPEG", quality=100)
    assert (read_header(data).gray, read_header(data).size) == (mode == "L", (HEIGHT, WIDTH))
    samples = np.broadcast_to(np.array(color), (HEIGHT, WIDTH, CHANNELS[mode]))
    check(data, light(samples, mode, 255), steps=2, depth=255)


TURNED = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: np.rot90(image, 2),
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: np.rot90(image, 2).transpose(1, 0, 2),
    8: lambda image: np.rot90(image, 1),
}
"""What a viewer does with stored pixels to show them upright, by EXIF's numbers."""


@pytest.mark.parametrize("orientation", TURNED)
def test_orientation(write, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    eight, sixteen = random_samples(3, 255), random_samples(3, 65535)
    gray = random_samples(1, 65535)
    image = Image.fromarray(eight.astype(np.uint8))
    chunk = write.png_chunk(b"eXIf", exif.tobytes()[6:])
    smooth = np.linspace(0, 255, HEIGHT)[:, None, None] * np.ones((1, WIDTH, 3))
    files = [
        (write.saved(image, "PNG", exif=exif), eight / 255, 1e-6),
        (write.png(eight, "RGB", 8, after=chunk), eight / 255, 1e-6),
        (write.png(sixteen, "RGB", 16, before=chunk), sixteen / 65535, 1e-6),
        (write.png(sixteen, "RGB", 16, after=chunk), sixteen / 65535, 1e-6),
        (write.saved(image, "WEBP", exif=exif, lossless=True), eight / 255, 1e-6),
        (write.saved(Image.fromarray(smooth.astype(np.uint8)), "JPEG", exif=exif, quality=100), smooth / 255, 3 / 255),
        (write.tiff(eight, 2, "u1", orientation=orientation), eight / 255, 1e-6),
        (write.tiff(sixteen, 2, "u2", orientation=orientation), sixteen / 65535, 1e-6),
        (write.tiff(sixteen, 2, "u2", orientation=orientation, deflate=True), sixteen / 65535, 1e-6),
        (write.tiff(sixteen, 2, "u2", orientation=orientation, planar=True), sixteen / 65535, 1e-6),
        (write.tiff(gray, 1, "u2", orientation=orientation, order=">"), np.repeat(gray, 3, 2) / 65535, 1e-6),
    ]
    for data, stored, tolerance in files:
        upright = TURNED[orientation](stored)
        decoded = decode_image(data, ImageOptions(color="rgb", dtype="float32"))
        assert decoded.shape == upright.shape
        assert np.abs(decoded - upright).max() <= tolerance
        assert read_header(data).size == upright.shape[:2]
