"""Thumbnails are area means, and the pairs that correlate are exactly those that a full comparison finds."""

import numpy as np
import pytest
from PIL import Image

from shapenet.data.inspect import likeness


def test_thumbnails_are_means_over_areas():
    image = np.arange(16 * 18, dtype=np.float32).reshape(1, 16, 18) / 288
    expected = image.reshape(8, 2, 9, 2).mean(axis=(1, 3)) * 255
    np.testing.assert_array_equal(likeness.thumbnails(image)[0], np.rint(expected))


@pytest.mark.parametrize("size", [(50, 31), (8, 9), (5, 4), (1, 1)])
def test_thumbnails_of_any_size_keep_the_mean(size):
    image = np.random.default_rng(0).random((1, *size), np.float32)
    assert likeness.thumbnails(image).mean() / 255 == pytest.approx(image.mean(), abs=0.003)


def test_thumbnails_are_those_of_pillows_box_filter():
    image = np.random.default_rng(0).random((1, 40, 27), np.float32)
    expected = np.asarray(Image.fromarray(image[0]).resize((9, 8), Image.Resampling.BOX)) * 255
    np.testing.assert_allclose(likeness.thumbnails(image)[0], expected, atol=0.51)


@pytest.mark.parametrize("least", [0.9, 0.99, 0.998])
def test_the_pairs_are_those_of_a_full_comparison(least):
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (400, 8, 9))
    steps = random.uniform(0, 40, (200, 1, 1)) * random.normal(0, 1, (200, 8, 9))
    small = np.concatenate([small, small[:200] + steps]).clip(0, 255).astype(np.uint8)
    correlations = np.corrcoef(small.reshape(len(small), -1))
    expected = {(int(a), int(b)) for a, b in np.argwhere(correlations >= least) if a < b}
    found = list(likeness.alike(small, least))
    assert len(expected) > 10
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_flat_images_are_like_no_other():
    small = np.full((3, 8, 9), 100, np.uint8)
    small[:, 0, 0] = 101
    assert list(likeness.alike(small, 0.9)) == []
    small[:, 0, 0] = 255
    assert len(list(likeness.alike(small, 0.9))) == 3


def test_of_very_many_images_some_are_compared(monkeypatch):
    monkeypatch.setattr(likeness, "_MOST_PRODUCTS", 100)
    assert likeness.comparable(10).tolist() == list(range(10))
    chosen = likeness.comparable(1000)
    assert len(set(chosen.tolist())) == 10
    assert (np.diff(chosen) > 0).all()
