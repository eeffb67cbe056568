"""Contact sheets hold every image at its place."""

import numpy as np
import pytest

from shapenet.data.preview import contact_sheet


def test_images_keep_their_pixels_and_order():
    images = [np.full((32, 32, 3), (value, 0, 200), np.uint8) for value in (10, 90, 170)]
    sheet = np.asarray(contact_sheet(images, ["a", "b", "c"], columns=2, tile=64))
    centres = [sheet[8 + 32, 8 + 32], sheet[8 + 32, 8 + 67 + 32], sheet[8 + 83 + 32, 8 + 32]]
    assert [tuple(centre) for centre in centres] == [(10, 0, 200), (90, 0, 200), (170, 0, 200)]


def test_gray_of_both_forms_and_large_images_fit():
    images = [np.full((28, 28), 50, np.uint8), np.full((28, 28, 1), 50, np.uint8), np.full((300, 100, 3), 50, np.uint8)]
    sheet = np.asarray(contact_sheet(images, ["x"] * 3, tile=96))
    assert [tuple(sheet[8 + 48, 8 + 99 * n + 48]) for n in range(3)] == [(50, 50, 50)] * 3


def test_a_long_caption_stays_in_its_tile():
    images = [np.zeros((8, 8, 3), np.uint8)] * 2
    short = np.asarray(contact_sheet(images, ["", "right"], tile=64))
    long = np.asarray(contact_sheet(images, ["W" * 99, "right"], tile=64))
    np.testing.assert_array_equal(short[:, 8 + 66 :], long[:, 8 + 66 :])
    assert not np.array_equal(short, long)


def test_without_captions_no_room_is_kept():
    images = [np.zeros((8, 8, 3), np.uint8)]
    assert contact_sheet(images, [""], tile=64).height == 16 + 64


@pytest.mark.parametrize(("images", "captions"), [([], []), ([np.zeros((8, 8, 3), np.uint8)], [])])
def test_captions_must_match(images, captions):
    with pytest.raises(ValueError, match="as many captions"):
        contact_sheet(images, captions)
