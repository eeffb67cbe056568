"""Whether outputs know their targets."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shapenet.checks.pairing import Pairing, pairing


def squared(targets, outputs):
    return float(np.mean((targets[""] - outputs[""]) ** 2))


def test_outputs_that_know_their_targets() -> None:
    targets = np.random.default_rng(0).normal(size=100)
    found = pairing(squared, {"": targets}, {"": targets * 0.5}, seed=0)
    assert found.knows
    assert found.loss == pytest.approx(0.25 * np.mean(targets**2))
    assert found.chance == pytest.approx(1.25 * np.var(targets), rel=0.1)
    assert found.gap == found.chance - found.loss
    assert found.share == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(("loss", "chance"), [(0.0, 0.0), (math.inf, math.inf), (math.nan, 1.0)])
def test_where_no_number_tells_nothing_is_known(loss: float, chance: float) -> None:
    assert Pairing(loss, chance, chance).share == 0
    assert not Pairing(loss, chance, chance).knows


def test_chance_has_to_be_a_number() -> None:
    assert not Pairing(0.1, math.inf, 5.0).knows


def test_outputs_that_know_nothing_do_so_in_about_one_case_of_41() -> None:
    random = np.random.default_rng(0)
    knowing = [
        pairing(squared, {"": random.normal(size=30)}, {"": random.normal(size=30)}, seed).knows for seed in range(200)
    ]
    assert sum(knowing) < 15


def test_one_example_tells_nothing() -> None:
    assert not pairing(squared, {"": np.ones(1)}, {"": np.ones(1)}, seed=0).knows
