"""Labels of arrays and records as indices of classes."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.data.labelling import label_indices
from shapenet.errors import DataError, Place


def indices(values, classes=None):
    names, labels = label_indices(np.array(values), classes, place=Place("x"), where=lambda index: f"x[{index}]")
    assert labels.dtype == np.int64
    return names, labels.tolist()


@pytest.mark.parametrize(
    ("values", "classes", "expected"),
    [
        ([10, 9, 10], None, (("9", "10"), [1, 0, 1])),
        (["10", "9"], None, (("9", "10"), [1, 0])),
        ([" b", "a", "b "], None, (("a", "b"), [1, 0, 1])),
        ([1, 0], ["x", "y", "z"], (("x", "y", "z"), [1, 0])),
        (["z", "x"], ["x", "y", "z"], (("x", "y", "z"), [2, 0])),
    ],
)
def test_classes_and_indices(values, classes, expected):
    assert indices(values, classes) == expected


@pytest.mark.parametrize(
    ("values", "classes", "message", "hint"),
    [
        ([0, 2, -1], ["x", "y"], "a label from 0 to 1 (the index of a class), received another in 2 of 3", None),
        (["x", "cta"], ["cat", "x"], "one of the classes cat, x, received another in 1 of 2", "did you mean cat?"),
        (["x", "nan", ""], None, "expected a label, received another in 2 of 3 records\n  x[1]: nan\n  x[2]: no", None),
    ],
)
def test_faults_are_listed(values, classes, message, hint):
    with pytest.raises(DataError) as caught:
        indices(values, classes)
    (problem,) = caught.value.problems
    assert (message in problem.message, problem.hint) == (True, hint)


def test_the_first_ten_are_listed():
    with pytest.raises(DataError, match=r"x\[9\]: no label\n  and 15 more$"):
        indices([""] * 25)
