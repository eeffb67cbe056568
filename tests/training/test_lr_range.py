"""What a range test says of losses whose shape is known."""

from __future__ import annotations

import math

import pytest

from shapenet.training.lr_range import sweep_rates


def valley(rate: float) -> float:
    """Flat up to 1e-4, falling fastest at 1e-3, and without bounds from 1e-1 on."""
    fall = 1 / (1 + math.exp(-4 * math.log10(rate / 1e-3)))
    return 2.0 - 1.5 * fall + (rate / 0.3) ** 4


def test_rates_rise_by_equal_factors() -> None:
    points = sweep_rates(lambda rate: 1.0, 1e-4, 1e-1, 4).points
    assert [point.learning_rate for point in points] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])


def test_the_average_is_not_biased_towards_its_start() -> None:
    points = sweep_rates(lambda rate: 3.0, 1e-4, 1e-1, 20).points
    assert [point.smoothed for point in points] == pytest.approx([3.0] * 20)


def test_the_steepest_descent_is_found_and_divergence_ends_the_test() -> None:
    sweep = sweep_rates(valley, 1e-6, 10.0, 140)
    assert sweep.diverged
    assert sweep.points[-1].learning_rate < 2.0
    assert sweep.steepest == pytest.approx(1.5e-3, rel=0.7)
    assert sweep.steepest < sweep.least_loss_at < 0.5


def test_noise_is_no_descent() -> None:
    """A dip of one step is not steeper than a long fall."""
    noisy = sweep_rates(lambda rate: valley(rate) - (0.2 if 8e-6 < rate < 1.0e-5 else 0.0), 1e-6, 10.0, 140)
    assert noisy.steepest == pytest.approx(1.5e-3, rel=0.7)


def test_a_negative_loss_is_not_yet_divergence() -> None:
    sweep = sweep_rates(lambda rate: valley(rate) - 10.0, 1e-6, 1e-1, 140)
    assert not sweep.diverged
    assert sweep.steepest == sweep_rates(valley, 1e-6, 1e-1, 140).steepest
    assert sweep_rates(lambda rate: valley(rate) - 10.0, 1e-6, 10.0, 140).diverged


def test_a_loss_that_only_grows_suggests_nothing() -> None:
    assert sweep_rates(lambda rate: 1.0 + rate, 1e-6, 1.0, 40).steepest is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_test(value: float) -> None:
    sweep = sweep_rates(lambda rate: 1.0 if rate < 1e-2 else value, 1e-4, 1.0, 41)
    assert sweep.diverged
    assert len(sweep.points) == 20
