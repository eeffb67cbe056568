"""Values are read in pieces, whether their shapes vary or not."""

import numpy as np
import pytest

from shapenet.data.inspect import values
from shapenet.data.pack import open_packed
from tests.data.inspect.conftest import ImageRecords

SIZES = [(3, 4), (5, 2), (3, 4), (1, 1)]


@pytest.fixture
def ragged(tmp_path):
    images = [np.full((*size, 1), number, np.uint8) for number, size in enumerate(SIZES)]
    return open_packed(ImageRecords(images), tmp_path)


def test_ragged_values_come_one_by_one(ragged):
    read = values.values_at(ragged, "image", np.array([1, 3]))
    assert [(value.shape, int(value.max())) for value in read] == [((5, 2, 1), 1), ((1, 1, 1), 3)]
    assert values.shapes_at(ragged, "image", np.array([1, 3])).tolist() == [[5, 2, 1], [1, 1, 1]]


def test_fixed_values_come_as_one_array(tmp_path, noise):
    store = open_packed(ImageRecords(noise), tmp_path)
    np.testing.assert_array_equal(values.values_at(store, "image", np.array([7, 3])), noise[[7, 3]])
    assert values.shapes_at(store, "image", np.array([7, 3])).tolist() == [[12, 12, 1]] * 2


def test_pieces_hold_few_bytes_and_at_least_one_value(ragged, monkeypatch):
    monkeypatch.setattr(values, "_CHUNK_BYTES", 11)
    assert list(values.chunks_of(ragged, "image", np.arange(4))) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    monkeypatch.setattr(values, "_CHUNK_BYTES", 22)
    assert list(values.chunks_of(ragged, "image", np.arange(4))) == [(0, 2), (2, 4)]
    assert list(values.chunks_of(ragged, "image", np.arange(0))) == []


def test_equal_shapes_are_stacked():
    images = [np.full((*size, 1), number) for number, size in enumerate(SIZES)]
    groups = {tuple(places): stacked.shape for places, stacked in values.same_shape_groups(images)}
    assert groups == {(0, 2): (2, 3, 4, 1), (1,): (1, 5, 2, 1), (3,): (1, 1, 1, 1)}


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
def test_white_has_luma_one_in_every_type(dtype, white):
    assert values.luma(np.full((1, 2, 2, 3), white, dtype)) == pytest.approx(1, abs=1e-6)


def test_luma_weighs_the_channels_as_bt_601_does():
    pixels = np.array([[[[255, 0, 0]], [[0, 255, 0]], [[0, 0, 255]]]], np.uint8)
    assert values.luma(pixels).ravel() == pytest.approx([0.299, 0.587, 0.114], abs=1e-6)


def test_luma_of_two_channels_is_their_mean_and_nan_counts_as_black():
    assert values.luma(np.array([[[[0.2, 0.6]]]], np.float32)).item() == pytest.approx(0.4)
    assert values.luma(np.array([[[[np.nan, 0.5]]]], np.float32)).item() == 0
