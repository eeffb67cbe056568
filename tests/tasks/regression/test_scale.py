"""From the user's units to standardised numbers and back, and angles that begin anew."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.tasks.regression.scale import Scale

SCALE = Scale((2000.0, 0.0, -3.0, 0.0), (5.0, 1.0, 0.25, 1.0), (0.0, 90.0, 0.0, 360.0))
VALUES = np.array([[2004.0, 89.0, -3.5, 10.0], [1990.0, 1.0, -2.0, 350.0]], np.float32)


def test_standardised_numbers_come_before_sines_before_cosines() -> None:
    turns = VALUES[:, [1, 3]] * (2 * math.pi / np.array([90, 360]))
    expected = np.column_stack([(VALUES[:, 0] - 2000) / 5, (VALUES[:, 2] + 3) / 0.25, np.sin(turns), np.cos(turns)])
    np.testing.assert_allclose(SCALE.standardise(VALUES), expected, atol=1e-6)
    assert expected.shape[1] == SCALE.num_standardised == len(SCALE) + 2


@given(
    st.lists(st.tuples(st.floats(1950, 2050), st.floats(0, 89.9), st.floats(-9, 9), st.floats(0, 359.9)), min_size=1)
)
def test_restoring_is_the_inverse(rows: list[tuple[float, ...]]) -> None:
    values = np.array(rows, np.float32)
    restored = np.asarray(SCALE.restore(SCALE.standardise(values), np.float32(SCALE.means), np.float32(SCALE.stds)))
    assert (restored[:, 1] >= 0).all()
    assert (restored[:, 1] <= 90).all()
    np.testing.assert_allclose(SCALE.errors(values, restored), 0, atol=2e-3)


def test_outputs_hold_values_and_standardised_numbers() -> None:
    standardised = np.asarray(SCALE.standardise(VALUES)) * np.float32([1, 1, 0.1, 0.1, 0.1, 0.1])  # an unsure model
    outputs = np.asarray(SCALE.outputs(standardised, np.float32(SCALE.means), np.float32(SCALE.stds)))
    assert outputs.shape == (2, SCALE.num_outputs)
    np.testing.assert_allclose(SCALE.values(outputs), VALUES, rtol=1e-4)
    np.testing.assert_allclose(SCALE.standardise_outputs(outputs), standardised, atol=1e-4)


def test_errors_of_angles_go_the_shorter_way() -> None:
    errors = SCALE.errors(VALUES[:1], np.array([[2003.0, 1.0, -3.5, 350.0]]))
    np.testing.assert_allclose(errors, [[-1, 2, 0, -20]])


@given(st.floats(-1000, 1000, width=32), st.floats(-1000, 1000, width=32))
def test_the_nearest_angle_is_as_far_as_the_error(true: float, predicted: float) -> None:
    scale = Scale((0.0,), (1.0,), (72.0,))
    one, other = np.array([[true]], np.float32), np.array([[predicted]], np.float32)
    moved = np.asarray(scale.nearest(one, other))
    assert abs(float(moved[0, 0] - true)) <= 36.001
    assert abs(float(moved[0, 0] - true)) == pytest.approx(abs(float(scale.errors(one, other)[0, 0])), abs=1e-2)


def test_sums_of_an_angle_are_joined() -> None:
    assert np.asarray(SCALE.joined(np.array([1.0, 2.0, 3.0, 4.0, 10.0, 20.0]))).tolist() == [1.0, 2.0, 13.0, 24.0]


def test_without_angles_nothing_moves() -> None:
    plain = Scale((1.0,), (2.0,), (0.0,))
    assert np.asarray(plain.nearest(np.zeros((1, 1)), np.full((1, 1), 500.0))).tolist() == [[500.0]]
    assert plain.num_standardised == 1
