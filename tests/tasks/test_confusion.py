"""Counts of a confusion matrix, and quotients of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from shapenet.tasks.confusion import confusion_of, mean_known, number_or_null, quotients, write_confusion_csv


def test_what_is_below_0_does_not_count() -> None:
    true, predicted = np.array([0, 1, 1, -1]), np.array([0, 1, 0, 1])
    assert confusion_of(true, predicted, 3).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_a_matrix_is_written_with_its_names(tmp_path: Path) -> None:
    write_confusion_csv(tmp_path / "confusion.csv", ("a", "b"), np.array([[3, 1], [0, 2]]))
    assert (tmp_path / "confusion.csv").read_text() == "true \\ predicted,a,b\na,3,1\nb,0,2\n"


def test_0_of_0_is_no_number() -> None:
    ratios = quotients(np.array([1, 0]), np.array([4, 0]))
    assert ratios[0] == 0.25
    assert math.isnan(ratios[1])
    assert [number_or_null(value) for value in (0.25, math.nan, math.inf)] == [0.25, None, None]


def test_means_leave_out_what_is_not_known() -> None:
    assert mean_known([0.25, math.nan, 0.75]) == 0.5
    assert mean_known([0.25, math.nan, 0.75, 0.5], np.array([3, 9, 1, 0])) == 0.375
    assert math.isnan(mean_known([0.5], np.array([0])))
    assert math.isnan(mean_known([]))
