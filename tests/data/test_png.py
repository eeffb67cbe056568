"""PNG files decode to what was encoded."""

import io

import numpy as np
import pytest
from PIL import Image

from shapenet.data.images.decode import decode_image
from shapenet.data.images.options import ImageOptions
from shapenet.data.png import encode_png


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 1), (7, 5, 3), (1, 1), (1, 9, 3), (9, 1, 3)])
def test_decodes_to_the_same_pixels(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    decoded = Image.open(io.BytesIO(encode_png(image)))
    decoded.load()
    assert decoded.mode == ("RGB" if shape[2:] == (3,) else "L")
    np.testing.assert_array_equal(np.asarray(decoded), image.reshape(shape if shape[2:] == (3,) else shape[:2]))


def test_a_slice_of_a_larger_array_encodes():
    image = np.arange(20 * 20 * 3, dtype=np.uint8).reshape(20, 20, 3)[2:9, ::2]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(image)))), image)


@pytest.mark.parametrize("shape", [(7, 5, 1), (7, 5, 3), (1, 1, 1)])
def test_sixteen_bits_decode_to_the_same_pixels(shape):
    image = np.random.default_rng(0).integers(0, 65536, shape, np.uint16)
    options = ImageOptions(color="rgb" if shape[2] == 3 else "gray", dtype="uint16")
    np.testing.assert_array_equal(decode_image(encode_png(image), options), image)


def test_a_flat_image_is_small():
    assert len(encode_png(np.full((128, 128, 3), 77, np.uint8))) < 500


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), np.float32), np.zeros((0, 4), np.uint8), np.zeros(4, np.uint8)],
)
def test_other_arrays_are_refused(image):
    with pytest.raises(ValueError, match="expected"):
        encode_png(image)
