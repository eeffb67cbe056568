"""Tests of a classifier's figures."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.tasks.classification.figures import (
    Mistake,
    classify,
    mistakes,
)

CLASSES = ("square", "triangle", "circle")


def one_hot(predicted, num_classes=3, confidence=0.8):
    rest = (1 - confidence) / (num_classes - 1)
    probabilities = np.full((len(predicted), num_classes), rest, np.float32)
    probabilities[np.arange(len(predicted)), predicted] = confidence
    return probabilities


def test_figures_by_hand():
    labels = np.array([0, 0, 0, 1, 1, 2])
    report = classify(labels, one_hot([0, 0, 1, 1, 0, 2]), CLASSES)
    assert report.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert report.confusion.dtype == np.int64
    assert report.accuracy == pytest.approx(4 / 6)
    assert report.num_examples == 6
    square, triangle, _ = report.per_class
    assert (square.precision, square.recall, square.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (triangle.precision, triangle.recall, triangle.support) == (0.5, 0.5, 2)
    assert report.macro.recall == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert report.weighted.recall == pytest.approx(report.accuracy)


def test_zero_by_zero_is_unknown_and_left_out_of_means():
    report = classify(np.array([0, 1, 1]), one_hot([0, 0, 0]), CLASSES)
    square, triangle, circle = report.per_class
    assert math.isnan(triangle.precision)
    assert (triangle.recall, triangle.f1) == (0, 0)
    assert all(math.isnan(value) for value in (circle.precision, circle.recall, circle.f1))
    assert report.macro.precision == square.precision == pytest.approx(1 / 3)
    assert report.macro.recall == 0.5
    text = json.dumps(report.to_json(), allow_nan=False)
    assert json.loads(text)["per_class"][1] == {
        "class": "triangle", "precision": None, "recall": 0, "f1": 0, "support": 2,
    }  # fmt: skip


def test_no_examples():
    report = classify(np.zeros(0, np.int64), np.zeros((0, 3), np.float32), CLASSES)
    assert report.to_json()["accuracy"] is None
    assert report.confusion.sum() == 0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_invariants(pairs):
    labels, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    report = classify(labels, one_hot(predicted), CLASSES)
    assert report.confusion.sum() == len(pairs)
    assert [figures.support for figures in report.per_class] == np.bincount(labels, minlength=3).tolist()
    assert report.accuracy == pytest.approx(np.mean(labels == predicted))
    assert report.weighted.recall == pytest.approx(report.accuracy)
    for figures in report.per_class:
        if figures.precision + figures.recall > 0:
            harmonic = 2 * figures.precision * figures.recall / (figures.precision + figures.recall)
            assert figures.f1 == pytest.approx(harmonic)


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [
        (np.array([0, 1]), np.zeros((3, 3), np.float32)),
        (np.array([0, 1]), np.zeros((2, 2), np.float32)),
        (np.array([0, 3]), np.zeros((2, 3), np.float32)),
        (np.array([0, -1]), np.zeros((2, 3), np.float32)),
    ],
)
def test_what_does_not_fit_is_an_error(labels, probabilities):
    with pytest.raises(ValueError, match="Received"):
        classify(labels, probabilities, CLASSES)


def test_mistakes_are_sorted_by_confidence():
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]], np.float32)
    found = mistakes(np.array([0, 0, 0, 0, 1]), probabilities)
    assert [mistake.index for mistake in found] == [1, 3, 2]
    assert found[0] == Mistake(1, 0, 1, pytest.approx(0.7))
    assert mistakes(np.array([0, 0, 0, 0, 1]), probabilities, limit=1) == found[:1]
    assert mistakes(np.array([0, 1, 1, 1, 1]), probabilities) == ()
