"""Formulas give what tables and constructed data say."""

import math

import numpy as np
import pytest

from shapenet.data.inspect.statistics import homogeneity, predictability, upper_gamma


@pytest.mark.parametrize(
    ("freedom", "statistic", "probability"),
    [(1, 3.841459, 0.05), (1, 10.827566, 0.001), (2, 5.991465, 0.05), (9, 16.918978, 0.05), (9, 21.665994, 0.01),
     (100, 124.342113, 0.05), (999, 1073.643, 0.05)],
)  # fmt: skip
def test_chi_square_is_that_of_tables(freedom, statistic, probability):
    assert upper_gamma(freedom / 2, statistic / 2) == pytest.approx(probability, rel=1e-3)


@pytest.mark.parametrize("statistic", [0.1, 1.0, 5.0, 40.0])
def test_one_and_two_degrees_have_closed_forms(statistic):
    assert upper_gamma(0.5, statistic / 2) == pytest.approx(math.erfc(math.sqrt(statistic / 2)), rel=1e-9)
    assert upper_gamma(1, statistic / 2) == pytest.approx(math.exp(-statistic / 2), rel=1e-9)


def test_certain_and_impossible():
    assert upper_gamma(2, 0) == 1
    assert upper_gamma(2, 700) < 1e-290


def test_homogeneity_of_a_worked_table():
    found = homogeneity(np.array([20, 30, 0]), np.array([30, 20, 0]))
    assert found.statistic == pytest.approx(4)
    assert found.probability == pytest.approx(0.0455, abs=1e-4)
    assert found.strength == pytest.approx(0.2)


@pytest.mark.parametrize(("first", "second"), [([5, 0], [7, 0]), ([0, 0], [3, 4])])
def test_homogeneity_needs_two_classes_and_two_sets(first, second):
    assert homogeneity(np.array(first), np.array(second)) is None


def test_a_number_that_decides_the_class_predicts_it():
    labels = np.arange(600) % 3
    values = labels + np.random.default_rng(0).uniform(0, 0.9, 600)
    found = predictability(values, labels)
    assert found.accuracy > 0.98
    assert found.lift == pytest.approx((found.accuracy - 1 / 3) / (2 / 3))


def test_classes_of_several_ranges_are_told_too():
    values = np.random.default_rng(0).uniform(0, 4, 800)
    assert predictability(values, np.floor(values).astype(np.int64) % 2).accuracy > 0.9


@pytest.mark.parametrize("sizes", [(300, 300), (950, 50)])
def test_noise_predicts_no_better_than_chance(sizes):
    labels = np.repeat([0, 1], sizes)
    found = predictability(np.random.default_rng(1).random(len(labels)), labels)
    assert found.chance == 0.5
    assert abs(found.deviations) < 4


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (np.arange(100.0), np.zeros(100, np.int64)),
        (np.arange(12.0), np.arange(12) % 2),
        (np.ones(100), np.arange(100) % 2),
    ],
)
def test_too_little_to_tell(values, labels):
    assert predictability(values, labels) is None
