"""Batches: every record of the split once, each with its own label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.batches import Batches, Split
from shapenet.data.order import epoch_order
from shapenet.data.pack import open_packed
from shapenet.errors import DataError
from shapenet.fields import Field
from tests.data.conftest import NumberRecords, RampRecords


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The numbers 0 to 99."""
    return open_packed(NumberRecords(range(100)), tmp_path_factory.mktemp("cache"))


def values(groups):
    """The number in each image, group after group, and the labels."""
    groups = list(groups)
    images = np.concatenate([group["image"][..., 0, 0, 0].reshape(-1) for group in groups])
    return images, np.concatenate([group["label"].reshape(-1) for group in groups])


@given(num=st.integers(1, 100), size=st.integers(1, 40), group=st.integers(1, 9), seed=st.none() | st.integers(0, 99))
def test_an_epoch_gives_every_record_once_in_its_order(store, num, size, group, seed):
    indices = np.arange(100)[::-1][:num]
    batches = Batches(Split(store, indices, store["label"][indices] + 10), size, seed, epoch=3)
    images, labels = values(batches.groups(group))
    order = np.arange(num) if seed is None else epoch_order(num, seed, 3)
    np.testing.assert_array_equal(images, indices[order])
    np.testing.assert_array_equal(labels, images % 2 + 10)


@given(num=st.integers(1, 100), size=st.integers(1, 40), group=st.integers(1, 9))
def test_groups_stack_whole_batches_and_the_rest_comes_last(store, num, size, group):
    batches = Batches(Split(store, np.arange(num), store["label"][:num]), size)
    shapes = [group["image"].shape[:2] for group in batches.groups(group)]
    assert len(batches) == -(-num // size) == sum(stacked for stacked, _ in shapes)
    full, rest = shapes[: len(shapes) - bool(num % size)], shapes[len(shapes) - bool(num % size) :]
    assert all(length == size for _, length in full)
    assert all(stacked == group for stacked, _ in full[:-1])
    assert rest == ([(1, num % size)] if num % size else [])


def test_epochs_differ(store):
    batches = Batches(Split(store, np.arange(100), store["label"][:]), 10, seed=1)
    first, _ = values(batches.groups(2))
    batches.epoch = 1
    second, _ = values(batches.groups(2))
    assert (first != second).any()
    assert sorted(first) == sorted(second)


def test_a_split_knows_its_images(store):
    split = Split(store, np.array([7, 5]), np.array([1, 1]))
    assert (len(split), split.image_shape, split.image_dtype) == (2, (2, 2, 1), "uint8")
    assert split.images(np.array([1]))[0, 0, 0, 0] == 5


SIZES = [(2, 3), (4, 1), (2, 3), (5, 5), (2, 3)] * 7


@pytest.fixture(scope="module")
def ragged(tmp_path_factory):
    """35 images of three sizes."""
    return open_packed(RampRecords(SIZES), tmp_path_factory.mktemp("cache"))


@given(size=st.integers(1, 30), seed=st.none() | st.integers(0, 9), epoch=st.integers(0, 3))
def test_batches_of_any_size_hold_images_of_one_size_and_each_record_once(ragged, size, seed, epoch):
    batches = Batches(Split(ragged, np.arange(35), np.arange(35)), size, seed, epoch=epoch)
    groups = list(batches.groups(4))
    assert len(groups) == len(batches)
    labels = np.concatenate([group["label"].reshape(-1) for group in groups])
    np.testing.assert_array_equal(labels, batches.positions())
    assert sorted(labels) == list(range(35))
    for group in groups:
        images, labels = group["image"], group["label"]
        assert images.shape[:2] == labels.shape
        assert {SIZES[label] for label in labels[0]} == {images.shape[2:4]}


class MaskedRamps(RampRecords):
    """Images of any sizes with masks of theirs; the mask of record 3 is of another where `unlike` says so.

    Args:
        sizes: Height and width of each.
        unlike: Whether one mask has another size than its image.
    """

    def __init__(self, sizes, *, unlike=False):
        super().__init__(sizes)
        self.unlike = unlike
        self.fields = {**self.fields, "mask": Field("uint8", (None, None, 1)), "number": Field("float32", ())}
        self.key = f"{unlike:d}{self.key[1:]}"

    def read(self, start, stop):
        masks = [self.image(index)[..., :1] + index for index in range(start, stop)]
        if self.unlike and start <= 3 < stop:
            masks[3 - start] = np.zeros((1, 1, 1), np.uint8)
        numbers = np.arange(start, stop, dtype=np.float32)
        return {**super().read(start, stop), "mask": masks, "number": numbers}


@pytest.mark.parametrize("seed", [None, 5])
def test_masks_of_any_size_stand_beside_their_images(tmp_path, seed):
    store = open_packed(MaskedRamps(SIZES), tmp_path)
    batches = Batches(Split(store, np.arange(35), np.arange(35)), 4, seed, fields=("image", "mask", "number"))
    seen = []
    for group in batches.groups(3):
        assert group["mask"].shape == (*group["image"].shape[:4], 1)
        for image, mask, number in zip(group["image"][0], group["mask"][0], group["number"][0], strict=True):
            np.testing.assert_array_equal(mask, image[..., :1] + np.uint8(number))
            seen.append(number)
    assert sorted(seen) == list(range(35))


def test_a_mask_of_another_size_than_its_image_is_told(tmp_path):
    store = open_packed(MaskedRamps(SIZES, unlike=True), tmp_path)
    batches = Batches(Split(store, np.arange(35), np.arange(35)), 4, fields=("image", "mask"))
    with pytest.raises(DataError, match="expected 'mask' to be of one size where images are"):
        list(batches.groups(1))


def test_sizes_come_mixed(ragged):
    batches = Batches(Split(ragged, np.arange(35), np.arange(35)), 2, seed=1)
    heights = [group["image"].shape[2] for group in batches.groups(1)]
    assert heights != sorted(heights)
    assert sum(np.diff(heights) != 0) > 3


@given(size=st.integers(1, 40), group=st.integers(1, 9))
def test_oversampling_gives_every_class_as_often_as_the_largest(store, size, group):
    indices = np.array([0, *range(1, 100, 2)])
    batches = Batches(Split(store, indices, store["label"][indices]), size, seed=4, oversample=True)
    images, labels = values(batches.groups(group))
    assert batches.num_records == len(images) == 100
    assert len(batches) == -(-100 // size)
    assert np.bincount(labels).tolist() == [50, 50]
    np.testing.assert_array_equal(labels, images % 2)
