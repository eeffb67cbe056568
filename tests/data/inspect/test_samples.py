"""Samples are balanced, and the sheet shows every view of them."""

import numpy as np
import pytest

from shapenet.data.batches import Split
from shapenet.data.inspect.samples import Samples, draw_samples, sheet_of
from shapenet.data.pack import open_packed
from tests.data.inspect.conftest import ImageRecords

HEADING = ("title", "line")


@pytest.fixture
def split(noise, tmp_path):
    records = ImageRecords(noise, [0] * 150 + [1] * 50, extra={"mask": (noise > 128).astype(np.uint8)})
    store = open_packed(records, tmp_path)
    return Split(store, np.arange(200)[::-1].copy(), store["label"][::-1].copy())


def test_samples_are_balanced_and_come_class_by_class(split, noise):
    samples = draw_samples(split, 8, seed=0)
    assert samples.labels.tolist() == [0] * 4 + [1] * 4
    for image, mask in zip(samples.images, samples.masks, strict=True):
        assert any(np.array_equal(image, known) for known in noise)
        np.testing.assert_array_equal(mask, image > 128)


def test_the_seed_decides_which(split):
    first, again, other = (draw_samples(split, 8, seed=seed).images for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_more_than_there_are_gives_all(split):
    assert len(draw_samples(split, 1000, seed=0).images) == 200


def test_a_mask_colours_the_sheet(split):
    samples = draw_samples(split, 8, seed=0)
    plain = Samples(samples.images, samples.labels)
    coloured = np.asarray(sheet_of({"images": samples}, ("a", "b"), HEADING), np.int64)
    gray = np.asarray(sheet_of({"images": plain}, ("a", "b"), HEADING), np.int64)
    assert coloured.shape == gray.shape
    assert np.ptp(gray, axis=2).max() < 20
    assert np.ptp(coloured, axis=2).max() > 100


@pytest.mark.parametrize("num", [3, 8, 9])
def test_two_views_stand_row_below_row(num):
    dark = tuple(np.full((112, 112, 1), 10, np.uint8) for _ in range(num))
    bright = tuple(np.full((112, 112, 1), 200, np.uint8) for _ in range(num))
    labels = np.zeros(num, np.int64)
    views = {"before": Samples(dark, labels), "after": Samples(bright, labels)}
    sheet = np.asarray(sheet_of(views, ("a",), HEADING))[..., 0]
    first_column = sheet[:, 12 + 8 + 56]
    runs = [int(value) for value, before in zip(first_column[1:], first_column, strict=False) if value != before]
    assert [value for value in runs if value in (10, 200)] == [10, 200] * -(-num // 8)
    for value in (10, 200):
        assert (sheet == value).sum() == pytest.approx(num * 112 * 112, abs=100)  # captions have some such pixels


def test_sizes_that_vary_share_a_sheet():
    images = (np.zeros((300, 100, 3), np.uint8), np.zeros((20, 40, 3), np.uint8))
    masks = (np.ones((300, 100, 1), np.uint8), np.ones((20, 40, 1), np.uint8))
    assert sheet_of({"images": Samples(images, np.array([0, 0]), masks)}, ("a",), HEADING).width > 200
