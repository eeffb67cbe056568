"""Sheets of augmented images."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.data.augmentation.samples import augmented_samples
from shapenet.data.batches import Split
from shapenet.data.pack import open_packed
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.fields import Field
from tests.data.conftest import ArrayRecords

from .conftest import LABEL, augmenter_of

SQUARE = Field("uint8", (16, 16, 3))
CLASSES = ("square", "ring", "star")


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """30 images of 16 x 16."""
    records = ShapesRecords(ShapesParameters(classes=CLASSES, num_images=30, size=16))
    store = open_packed(records, tmp_path_factory.mktemp("cache"))
    return Split(store, np.arange(30), store["label"][:])


def test_each_image_is_followed_by_its_versions(split: Split) -> None:
    augmenter = augmenter_of({"RandomBrightness": {"factor": 0.5}}, image=SQUARE, label=LABEL)
    positions = np.array([4, 9])
    images, captions = augmented_samples(augmenter, split, positions, CLASSES, versions=3)
    assert captions == [CLASSES[split.labels[position]] for position in (4, 4, 4, 4, 9, 9, 9, 9)]
    for row, position in enumerate(positions):
        np.testing.assert_array_equal(images[4 * row], split.images(positions)[row])
        assert len({one.tobytes() for one in images[4 * row : 4 * row + 4]}) == 4, position


def test_captions_tell_the_shares_of_mixed_labels(split: Split) -> None:
    augmenter = augmenter_of({"MixUp": {"alpha": 1.0}}, image=SQUARE, label=LABEL)
    positions = np.array([np.flatnonzero(split.labels == label)[0] for label in range(3)])
    _, captions = augmented_samples(augmenter, split, positions, CLASSES, versions=4)
    mixed = [caption.split(" · ") for caption in captions if "%" in caption]
    assert mixed
    for parts in mixed:
        shares = [int(part.split()[1].rstrip("%")) for part in parts]
        assert shares == sorted(shares, reverse=True)
        assert 98 <= sum(shares) <= 101


@pytest.mark.parametrize(("dtype", "channels", "shown"), [("uint8", 5, 3), ("uint8", 2, 1), ("float32", 4, 3)])
def test_images_of_any_channels_can_be_shown(pack, dtype: str, channels: int, shown: int) -> None:
    images = np.random.default_rng(0).random((4, 16, 16, channels)) * (255 if dtype == "uint8" else 1)
    store = pack(ArrayRecords(CLASSES, image=images.astype(dtype), label=np.arange(4) % 3))
    image = store.meta.fields["image"]
    augmenter = augmenter_of({"RandomFlip": {}}, image=image, label=LABEL)
    split = Split(store, np.arange(4), store["label"][:])
    found, _ = augmented_samples(augmenter, split, np.arange(4), CLASSES, versions=1)
    assert {(one.shape[2], one.dtype.name) for one in found} == {(shown, "uint8")}
