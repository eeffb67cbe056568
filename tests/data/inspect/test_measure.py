"""Measures are those of each image, whatever the type and however they are read."""

import numpy as np
import pytest

from shapenet.data.batches import Split
from shapenet.data.inspect import values
from shapenet.data.inspect.measure import mean_and_deviation, measure
from shapenet.data.pack import open_packed
from tests.data.inspect.conftest import ImageRecords


def split_of(store, labels=None):
    return Split(store, np.arange(len(store)), np.zeros(len(store), np.int64) if labels is None else labels)


@pytest.mark.parametrize(("dtype", "scale"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_mean_and_deviation_are_numpys(tmp_path, dtype, scale, channels, monkeypatch):
    monkeypatch.setattr(values, "_CHUNK_BYTES", 500)
    random = np.random.default_rng(0)
    images = (random.random((20, 6, 5, channels)) * scale).astype(dtype)
    mean, deviation = mean_and_deviation([measure(split_of(open_packed(ImageRecords(images), tmp_path)))], dtype)
    pixels = images.reshape(-1, channels).astype(np.float64) / scale
    np.testing.assert_allclose(mean, pixels.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation, pixels.std(axis=0), rtol=1e-12)


def test_sizes_that_vary_give_the_same_as_one_by_one(tmp_path):
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (*size, 3), dtype=np.uint8) for size in [(9, 4), (3, 3), (9, 4), (20, 11)]]
    together = measure(split_of(open_packed(ImageRecords(images), tmp_path)))
    assert together.shapes.tolist() == [list(image.shape) for image in images]
    for position, image in enumerate(images):
        alone = measure(split_of(open_packed(ImageRecords([image]), tmp_path)))
        assert together.brightness[position] == pytest.approx(alone.brightness[0], rel=1e-6)
        np.testing.assert_array_equal(together.small[position], alone.small[0])
    pixels = np.concatenate([image.reshape(-1, 3) for image in images]) / 255
    np.testing.assert_allclose(together.moments.scaled(1 / 255)[1], pixels.std(axis=0), rtol=1e-12)


def test_flat_and_gray_images_are_known(tmp_path, noise):
    images = np.repeat(noise[:4], 3, axis=3)
    images[1] = (10, 20, 30)
    images[2, 0, 0] = (1, 2, 3)
    measures = measure(split_of(open_packed(ImageRecords(images), tmp_path)))
    assert measures.is_flat.tolist() == [False, True, False, False]
    assert measures.is_gray.tolist() == [True, False, False, True]


def test_values_that_are_no_numbers_are_counted_and_left_out(tmp_path):
    images = np.full((2, 2, 2, 1), 0.5, np.float32)
    images[1, 0, 0, 0], images[1, 1, 1, 0] = np.nan, np.inf
    measures = measure(split_of(open_packed(ImageRecords(images), tmp_path)))
    assert measures.num_not_finite.tolist() == [0, 2]
    assert measures.moments.count == 6
    assert mean_and_deviation([measures], "float32") == ([0.5], [0.0])


def test_a_part_of_a_store_is_measured_under_its_own_labels(tmp_path, noise):
    store = open_packed(ImageRecords(noise), tmp_path)
    counts = []
    measures = measure(Split(store, np.array([5, 9]), np.array([1, 0])), counts.append)
    assert (len(measures), measures.labels.tolist(), sum(counts)) == (2, [1, 0], 2)
    assert measures.brightness == pytest.approx(noise[[5, 9]].mean(axis=(1, 2, 3)) / 255, rel=1e-6)
