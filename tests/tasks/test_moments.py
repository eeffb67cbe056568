"""Numbers are standardised by what training saw of numbers of the same shape."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.rundir.manifest import FieldStatistics
from shapenet.tasks.moments import moments_of
from shapenet.tasks.regression.task import Regression
from shapenet.training.statistics import RecordedStatistics
from tests.tasks.specs import spec_of


def recorded(mean: list[float], deviation: list[float]) -> RecordedStatistics:
    return RecordedStatistics({"x": FieldStatistics(mean=mean, deviation=deviation, num_records=4)})


def test_a_number_that_never_changes_is_divided_by_1() -> None:
    data = replace(spec_of(x=Field("float32", (2,))), statistics=recorded([3.0, 4.0], [0.0, 2.0]))
    assert moments_of(data, "x", "config/regression", ()) == ([3.0, 4.0], [1.0, 2.0])


def test_vectors_of_another_length_than_in_training_are_refused() -> None:
    data = replace(spec_of(x=Field("float32", (2,))), statistics=recorded([3.0], [1.0]))
    with pytest.raises(ConfigError, match=r"expected 'x' to be of the shape \(1,\), as in training; received \(2,\)"):
        Regression(("x",), (), {}).bind(data)
