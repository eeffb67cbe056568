"""Tests of the figures of a segmentation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shapenet.tasks.confusion import confusion_of
from shapenet.tasks.segmentation.figures import Overlap, class_figures, overlap_of


def test_by_hand() -> None:
    true = np.array([[0, 0, 1], [1, 1, -1]])
    predicted = np.array([[0, 1, 1], [1, 0, 1]])
    confusion = confusion_of(true, predicted, 3)
    assert confusion.tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
    background, thing, nowhere = class_figures(confusion)
    assert (background.iou, background.dice, background.precision, background.recall) == (1 / 3, 1 / 2, 1 / 2, 1 / 2)
    assert (thing.iou, thing.dice, thing.num_pixels, thing.num_predicted) == (2 / 4, pytest.approx(4 / 6), 3, 3)
    assert math.isnan(nowhere.iou)
    assert math.isnan(nowhere.recall)
    assert nowhere.to_json()["iou"] is None
    assert overlap_of(confusion) == Overlap(pytest.approx(5 / 12), pytest.approx(7 / 12), 3 / 5)


def test_without_pixels_nothing_is_known() -> None:
    overlap = overlap_of(confusion_of(np.full((2, 2), -1), np.zeros((2, 2), int), 2))
    assert all(map(math.isnan, (overlap.iou, overlap.dice, overlap.pixel_accuracy)))


def test_many_pixels_of_many_classes() -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 300, (2, 50, 50))
    confusion = confusion_of(true.astype(np.uint16), predicted, 300)
    assert confusion.sum() == 2500
    assert confusion[true[0, 0], predicted[0, 0]] >= 1
