"""Samples are balanced, and large images come smaller."""

import numpy as np
import pytest

from shapenet.data.batches import Split
from shapenet.data.inspect.samples import choose, samples_of
from shapenet.data.pack import open_packed
from tests.data.inspect.conftest import ImageRecords

CLASSES = ("cat", "dog")


@pytest.fixture
def split(noise, tmp_path):
    records = ImageRecords(noise, [0] * 150 + [1] * 50, extra={"mask": (noise > 128).astype(np.uint8)})
    store = open_packed(records, tmp_path)
    return Split(store, np.arange(200)[::-1].copy(), store["label"][::-1].copy())


def test_samples_are_balanced_and_come_class_by_class(split, noise):
    positions = choose(split, 8, seed=0)
    samples = samples_of(split, positions, CLASSES)
    assert samples.captions == ("cat",) * 4 + ("dog",) * 4
    for position, image, mask in zip(positions, samples.images, samples.masks, strict=True):
        np.testing.assert_array_equal(image, noise[split.indices[position]])
        np.testing.assert_array_equal(mask, image > 128)


def test_the_seed_decides_which(split):
    first, again, other = (choose(split, 8, seed=seed).tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_more_than_there_are_gives_all(split):
    assert sorted(choose(split, 1000, seed=0).tolist()) == list(range(200))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_large_images_become_the_means_of_their_blocks(tmp_path, dtype):
    image = np.random.default_rng(0).integers(0, 256, (1, 600, 301, 2)).astype(dtype)
    mask = (image[..., :1] > 100).astype(np.uint8)
    store = open_packed(ImageRecords(image, extra={"mask": mask}), tmp_path)
    samples = samples_of(Split(store, np.array([0]), np.array([0])), np.array([0]), CLASSES)
    (small,), (small_mask,) = samples.images, samples.masks
    assert (small.shape, small.dtype, small_mask.shape) == ((200, 101, 2), dtype, (200, 101, 1))
    assert small[4, 5] == pytest.approx(image[0, 12:15, 15:18].mean(axis=(0, 1)), abs=0.51)
    assert small[4, 100] == pytest.approx(image[0, 12:15, 300:].mean(axis=(0, 1)), abs=0.51)


def test_images_without_masks_have_none(noise, tmp_path):
    store = open_packed(ImageRecords(noise), tmp_path)
    assert samples_of(Split(store, np.arange(3), np.zeros(3, np.int64)), np.arange(2), CLASSES).masks is None
