"""Resizing against a resampler written from the filters' formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import read_header
from shapenet.data.images.options import ImageOptions, resolve

SIZES = [(5, 9), (28, 20), (12, 17), (40, 3)]
FULL = {"uint8": 255, "uint16": 65535, "float32": 1}


def sinc(x):
    return np.sinc(x)


def cubic(x):
    x = np.abs(x)
    return np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


FILTERS = {
    "box": (0.5, lambda x: (x > -0.5) & (x <= 0.5)),
    "bilinear": (1, lambda x: np.maximum(0, 1 - np.abs(x))),
    "bicubic": (2, cubic),
    "lanczos": (3, lambda x: np.where(np.abs(x) < 3, sinc(x) * sinc(x / 3), 0)),
}


def weights(length, start, stop, new_length, interpolation):
    """Matrix ``(new_length, length)`` that resamples from `start` to `stop`."""
    scale = (stop - start) / new_length
    centres = start + (np.arange(new_length) + 0.5) * scale
    if interpolation == "nearest":
        return np.eye(length)[np.floor(centres).astype(int)]
    _, kernel = FILTERS[interpolation]
    distances = (np.arange(length) + 0.5 - centres[:, None]) / max(scale, 1)
    matrix = kernel(distances).astype(float)
    return matrix / matrix.sum(axis=1, keepdims=True)


def resampled(values, size, interpolation, box=None):
    top, left, bottom, right = box or (0, 0, *values.shape[:2])
    down = weights(values.shape[0], top, bottom, size[0], interpolation)
    across = weights(values.shape[1], left, right, size[1], interpolation)
    return np.einsum("ya,xb,abc->yxc", down, across, values)


def resampled_in_steps(values, size, interpolation):
    """In 8 bits, rounded and cut after each direction; across first, and down first."""
    down = weights(values.shape[0], 0, values.shape[0], size[0], interpolation)
    across = weights(values.shape[1], 0, values.shape[1], size[1], interpolation)
    values = np.rint(values * 255)
    passes = [("xb,abc->axc", across), ("ya,axc->yxc", down)], [("ya,abc->ybc", down), ("xb,ybc->yxc", across)]
    results = []
    for order in passes:
        result = values
        for contraction, matrix in order:
            result = np.rint(np.clip(np.einsum(contraction, matrix, result), 0, 255))
        results.append(result)
    return results


def files(write):
    rng = np.random.default_rng(3)
    eight, sixteen = rng.integers(0, 256, (20, 13, 3)), rng.integers(0, 65536, (20, 13, 3))
    return [(write.png(eight, "RGB", 8), eight / 255), (write.png(sixteen, "RGB", 16), sixteen / 65535)]


@pytest.mark.parametrize("interpolation", ["nearest", *FILTERS])
@pytest.mark.parametrize("dtype", FULL)
@pytest.mark.parametrize("size", SIZES)
def test_filters(write, interpolation, dtype, size):
    for data, values in files(write):
        options = ImageOptions(size=size, interpolation=interpolation, color="rgb", dtype=dtype)
        decoded = decode_image(data, options)
        if dtype == "uint8":
            wanted = resampled_in_steps(values, size, interpolation)
        else:
            wanted = [np.clip(resampled(values, size, interpolation), 0, 1) * FULL[dtype]]
        assert decoded.shape == wanted[0].shape
        tolerance = {"uint8": 1, "uint16": 0.51, "float32": 1e-6}[dtype]
        assert min(np.abs(decoded - way).max() for way in wanted) <= tolerance


def test_floating_point_is_not_cut_to_a_range(write):
    values = np.zeros((6, 6, 1), np.float32)
    values[3:] = -1000
    options = ImageOptions(size=(12, 6), interpolation="bicubic", color="gray", dtype="float32")
    decoded = decode_image(write.tiff(values, 1, "f4"), options)
    np.testing.assert_allclose(decoded, resampled(values, (12, 6), "bicubic"), atol=1e-3)
    assert decoded.min() < -1000
    assert decoded.max() > 0


@pytest.mark.parametrize("dtype", FULL)
def test_crop_cuts_the_centre_of_the_covering_image(write, dtype):
    for data, values in files(write):  # 20 x 13
        for size, covering, box in [
            ((10, 13), (20, 13), (5, 0, 15, 13)),
            ((20, 6), (20, 13), (0, 3, 20, 9)),
            ((26, 26), (40, 26), (3.5, 0, 16.5, 13)),
            ((7, 7), (11, 7), (2 * 20 / 11, 0, 9 * 20 / 11, 13)),
        ]:
            options = ImageOptions(size=size, resize="crop", color="rgb", dtype=dtype)
            decoded = decode_image(data, options)
            wanted = resampled(values, size, "bilinear", box) * FULL[dtype]
            tolerance = {"uint8": 1.5, "uint16": 0.51, "float32": 1e-6}[dtype]
            assert decoded.shape == (*size, 3)
            assert np.abs(decoded - wanted).max() <= tolerance
            assert min(covering[0] - size[0], covering[1] - size[1]) == 0  # what the boxes were derived from


@pytest.mark.parametrize("dtype", FULL)
def test_pad_is_fit_on_black(write, dtype):
    for data, _ in files(write):  # 20 x 13
        for size, fitted, (top, left) in [
            ((40, 40), (40, 26), (0, 7)),
            ((9, 26), (9, 6), (0, 10)),
            ((9, 5), (8, 5), (0, 0)),
        ]:
            fit = decode_image(data, ImageOptions(size=size, resize="fit", color="rgb", dtype=dtype))
            assert fit.shape == (*fitted, 3)
            padded = decode_image(data, ImageOptions(size=size, resize="pad", color="rgb", dtype=dtype))
            wanted = np.zeros((*size, 3), dtype)
            wanted[top : top + fitted[0], left : left + fitted[1]] = fit
            np.testing.assert_array_equal(padded, wanted)


KINDS = st.sampled_from([("L", 8), ("L", 16), ("RGB", 8), ("RGB", 16), ("L", 1), ("L", 4)])
SIDES = st.integers(1, 30)
OPTIONS = st.builds(
    ImageOptions,
    size=st.tuples(SIDES, SIDES),
    resize=st.sampled_from(["stretch", "fit", "crop", "pad"]),
    interpolation=st.sampled_from(["nearest", *FILTERS]),
    color=st.sampled_from(["auto", "gray", "rgb"]),
    dtype=st.sampled_from(["auto", *FULL]),
)


@settings(deadline=None, max_examples=200)
@given(kind=KINDS, height=SIDES, width=SIDES, share=st.floats(0, 1), asked=OPTIONS)
def test_an_image_of_one_colour_keeps_it_at_any_size(write, kind, height, width, share, asked):
    mode, bits = kind
    shade = round(share * (2**bits - 1))
    data = write.png(np.full((height, width, len(mode) if mode == "RGB" else 1), shade), mode, bits)
    header = read_header(data)
    options = resolve(asked, header)
    size, resize, color = asked.size, asked.resize, asked.color
    decoded = decode_image(data, options)
    assert decoded.dtype == options.dtype
    assert options.channels == decoded.shape[2] == (3 if color == "rgb" or (color, mode) == ("auto", "RGB") else 1)
    if resize == "fit":
        assert decoded.shape[0] <= size[0]
        assert decoded.shape[1] <= size[1]
        assert decoded.shape[0] == size[0] or decoded.shape[1] == size[1]
        scale = min(size[0] / height, size[1] / width)
        assert abs(decoded.shape[0] - height * scale) < 1
        assert abs(decoded.shape[1] - width * scale) < 1
    else:
        assert decoded.shape[:2] == size
    wanted = shade / (2**bits - 1) * FULL[options.dtype]
    inside = decoded[decoded > 0] if resize == "pad" else decoded
    assert np.abs(inside - wanted).max(initial=0) <= (1e-6 if options.dtype == "float32" else 0.5)


def test_an_image_of_the_asked_size_is_not_touched(write):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    data = write.saved(Image.fromarray(pixels))
    for resize in ("stretch", "fit", "crop", "pad"):
        options = ImageOptions(size=(9, 8), resize=resize, interpolation="lanczos", color="rgb", dtype="uint8")
        np.testing.assert_array_equal(decode_image(data, options), pixels)
