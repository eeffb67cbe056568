"""Images become visible, and masks lie where they should."""

import numpy as np
import pytest

from shapenet.data.inspect.view import viewable, with_mask


def test_eight_bits_stay_as_they_are(noise):
    (shown,) = viewable([noise[0]])
    np.testing.assert_array_equal(shown, noise[0])


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_other_types_fill_the_range_together(dtype):
    images = [np.linspace(1000, 2000, 400).reshape(20, 20, 1).astype(dtype), np.full((5, 5, 1), 1500, dtype)]
    first, second = viewable(images)
    assert (first.dtype, first.min(), first.max()) == (np.uint8, 0, 255)
    assert second == pytest.approx(np.full((5, 5, 1), 127), abs=1)


def test_floats_within_zero_and_one_keep_their_brightness():
    (shown,) = viewable([np.full((2, 2, 1), 0.2, np.float32)])
    assert shown.max() == 51


def test_rare_extremes_do_not_hide_the_rest():
    image = np.linspace(1000, 2000, 10_000).reshape(100, 100, 1)
    image[0, 0] = 60_000
    (shown,) = viewable([image.astype(np.uint16)])
    assert shown.mean() == pytest.approx(127, abs=3)


def test_what_is_no_number_is_black():
    (shown,) = viewable([np.array([[[np.nan], [1.0]]], np.float32)])
    assert shown.ravel().tolist() == [0, 255]


@pytest.mark.parametrize("value", [0, 700])
def test_one_value_only_can_be_shown(value):
    assert viewable([np.full((2, 2, 1), value, np.uint16)])[0].shape == (2, 2, 1)


@pytest.mark.parametrize(("channels", "shown"), [(1, 1), (2, 1), (3, 3), (4, 3), (5, 3)])
def test_one_or_three_channels_are_shown(channels, shown):
    assert viewable([np.zeros((2, 2, channels), np.uint8)])[0].shape == (2, 2, shown)


def test_the_mask_colours_what_it_covers_and_outlines_it():
    picture = np.full((20, 20, 3), 100, np.uint8)
    mask = np.zeros((20, 20), np.uint8)
    mask[4:16, 4:16] = 1
    mask[8:12, 8:12] = 2
    seen = with_mask(picture, mask)
    np.testing.assert_array_equal(seen[mask == 0], 100)
    colours = {name: tuple(map(int, seen[at, at])) for name, at in [("edge", 4), ("inside", 6), ("other", 10)]}
    assert len(set(colours.values())) == 3
    assert colours["edge"] == (230, 70, 70)
    assert colours["inside"] == (152, 88, 88)


def test_a_mask_of_one_pixel():
    assert with_mask(np.zeros((1, 1, 3), np.uint8), np.ones((1, 1), np.uint8)).any()
