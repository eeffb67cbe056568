"""Outputs that are no numbers are not reported on."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.errors import RunError
from shapenet.evaluation.finite import check_finite, num_not_finite


def test_outputs_that_are_not_finite_are_counted() -> None:
    check_finite(0, 0)
    with pytest.raises(RunError, match="received others for 2 of 1,000 examples") as caught:
        check_finite(2, 1000)
    assert caught.value.problems[0].hint


def test_an_example_counts_once() -> None:
    first, second = np.zeros((4, 2), np.float32), np.zeros((4, 3, 3), np.float32)
    assert num_not_finite([first, second]) == 0
    first[1] = np.nan
    second[1, 0, 0], second[3, 2, 1] = np.nan, np.inf
    assert num_not_finite([first, second]) == 2
