"""Moving averages of variables of which some don't learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.optim.averages import average_exactly
from shapenet.registry import Component
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
START = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)


def trained(*, exact: bool, learning: slice, num_steps: int = 40) -> tuple[Any, list[Any]]:
    """An optimizer that averages, and three variables of one shape, of which some learn."""
    import keras

    arguments = {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.9}
    made = Component("optimizer", "SGD", arguments).create()
    if exact:
        average_exactly(made)
    variables = [keras.Variable(START * (number + 1)) for number in range(3)]
    made.build(variables)
    for _ in range(num_steps):
        made.apply([keras.ops.ones((50, 2))] * len(variables[learning]), variables[learning])
    return made, variables


def averages(optimizer: Any) -> list[np.ndarray]:
    return [average.numpy() for average in optimizer._model_variables_moving_average]


def test_the_average_of_what_stays_is_what_stays() -> None:
    made, variables = trained(exact=True, learning=slice(2, 3))
    for variable, average in zip(variables[:2], averages(made), strict=False):
        np.testing.assert_array_equal(average, variable.numpy())


def test_at_the_end_each_variable_gets_its_own_average() -> None:
    made, variables = trained(exact=True, learning=slice(2, 3))
    average = averages(made)[2]
    made.finalize_variable_values(variables[2:])
    for number in range(2):
        np.testing.assert_array_equal(variables[number].numpy(), START * (number + 1))
    np.testing.assert_array_equal(variables[2].numpy(), average)


@pytest.mark.parametrize("num_steps", [1, 2, 40])
def test_averages_are_those_of_keras(num_steps: int) -> None:
    (made, _), (plain, _) = (trained(exact=one, learning=slice(0, 3), num_steps=num_steps) for one in (True, False))
    np.testing.assert_allclose(averages(made), averages(plain), rtol=1e-5, atol=1e-6)
