"""The sheet shows every view of the samples."""

import numpy as np
import pytest

from shapenet.data.inspect.samples import Samples
from shapenet.data.inspect.sheet import sheet_of

HEADING = ("title", "line")


def test_a_mask_colours_the_sheet(noise):
    images, captions = tuple(noise[:8]), ("cat",) * 8
    coloured = sheet_of({"images": Samples(images, captions, tuple(image > 128 for image in images))}, HEADING)
    plain = sheet_of({"images": Samples(images, captions)}, HEADING)
    assert coloured.size == plain.size
    assert np.ptp(np.asarray(plain, np.int64), axis=2).max() < 20
    assert np.ptp(np.asarray(coloured, np.int64), axis=2).max() > 100


@pytest.mark.parametrize("num", [3, 8, 9])
def test_two_views_stand_row_below_row(num):
    dark = tuple(np.full((112, 112, 1), 10, np.uint8) for _ in range(num))
    bright = tuple(np.full((112, 112, 1), 200, np.uint8) for _ in range(num))
    captions = ("a",) * num
    views = {"before": Samples(dark, captions), "after": Samples(bright, captions)}
    sheet = np.asarray(sheet_of(views, HEADING))[..., 0]
    column = sheet[:, 12 + 64 + 8 + 20]
    changes = [int(value) for value, before in zip(column[1:], column, strict=False) if value != before]
    assert [value for value in changes if value in (10, 200)] == [10, 200] * -(-num // 8)
    for value in (10, 200):
        assert (sheet == value).sum() == pytest.approx(num * 112 * 112, abs=100)  # text has some such pixels


def test_views_are_named_on_the_left():
    def left_of(**views):
        samples = Samples((np.zeros((112, 112, 1), np.uint8),), ("a",))
        return np.asarray(sheet_of(dict.fromkeys(views, samples), HEADING))[70:, : 12 + 64]

    assert left_of(a=1, b=1).min() < 200
    assert not np.array_equal(left_of(a=1, b=1), left_of(a=1, c=1))


def test_sizes_that_vary_share_a_sheet():
    images = (np.zeros((200, 100, 3), np.uint8), np.zeros((20, 40, 3), np.uint8))
    masks = (np.ones((200, 100, 1), np.uint8), np.ones((20, 40, 1), np.uint8))
    assert sheet_of({"images": Samples(images, ("a", "b"), masks)}, HEADING).width > 200


def test_a_long_heading_has_room():
    samples = Samples((np.zeros((8, 8, 1), np.uint8),), ("a",))
    assert sheet_of({"images": samples}, ("x" * 100, "line")).width > sheet_of({"images": samples}, HEADING).width
