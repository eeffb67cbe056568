"""MixUp and CutMix blend labels as they blend images."""

from __future__ import annotations

import numpy as np
import pytest

from .conftest import IMAGE, NUM_CLASSES, augmenter_of, run


def flat_batch() -> dict[str, np.ndarray]:
    """One image a class, each of one value: 0, 100 and 200."""
    images = np.stack([np.full(IMAGE.shape, 100 * label, np.uint8) for label in range(NUM_CLASSES)])
    return {"image": images, "label": np.arange(NUM_CLASSES)}


@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_labels_tell_what_the_image_is_made_of(name: str) -> None:
    augmenter = augmenter_of(name)
    for step in range(10):
        changed = run(augmenter, flat_batch(), 0, step)
        assert changed["label"].dtype == np.float32
        np.testing.assert_allclose(changed["label"].sum(axis=-1), 1, atol=1e-6)
        expected = changed["label"] @ [0, 100, 200]
        # CutMix's box has whole pixels, its weight has not: a row and a column of 16 x 20 are 0.11 of the image.
        tolerance = 0.5 if name == "MixUp" else 200 * 0.11
        np.testing.assert_allclose(changed["image"].mean(axis=(1, 2, 3)), expected, atol=tolerance)


@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_labels_are_mixed_at_times(name: str) -> None:
    augmenter = augmenter_of({name: {"alpha": 1.0}} if name == "MixUp" else name)
    largest = np.concatenate([run(augmenter, flat_batch(), 0, step)["label"].max(axis=-1) for step in range(10)])
    assert (largest < 0.99).sum() > 3


def test_mixtures_can_be_mixed_again() -> None:
    changed = run(augmenter_of({"MixUp": {"alpha": 1.0}}, "CutMix"), flat_batch())
    np.testing.assert_allclose(changed["label"].sum(axis=-1), 1, atol=1e-6)
