"""Learning rates of single variables, with every optimizer that Keras has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.optim.multipliers import multiply_learning_rates
from shapenet.registry import REGISTRIES, Component
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
NAMES = [entry.name for entry in REGISTRIES["optimizer"] if entry.origin == "keras"]
START = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)
GRADIENTS = [np.array([[0.3, -0.1], [2.0, 0.7]], np.float32), np.array([[-0.2, 0.4], [1.0, 0.1]], np.float32)]


def optimizer(name: str, rate: float, **more: object) -> Any:
    return Component("optimizer", name, {"learning_rate": rate, **more}).create()


def updated(made: Any, multipliers: dict[int, float], num_variables: int = 1) -> list[np.ndarray]:
    import keras

    variables = [keras.Variable(START, name=f"kernel_{number}") for number in range(num_variables)]
    if multipliers:
        multiply_learning_rates(made, multipliers, variables)
    made.build(variables)
    for gradient in GRADIENTS:
        made.apply([keras.ops.convert_to_tensor(gradient)] * num_variables)
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_is_trained_as_if_the_rate_were_its_own(name: str) -> None:
    halved, as_ever, unmoved = updated(optimizer(name, 0.1), {0: 0.5, 2: 0.0}, num_variables=3)
    assert np.array_equal(unmoved, START)
    np.testing.assert_allclose(halved, updated(optimizer(name, 0.05), {})[0], rtol=1e-6)
    np.testing.assert_allclose(as_ever, updated(optimizer(name, 0.1), {})[0], rtol=1e-6)
    assert not np.array_equal(halved, as_ever)


def test_the_first_step_of_adam_is_half_as_long() -> None:
    import keras

    made = optimizer("Adam", 0.1)
    variables = [keras.Variable(START), keras.Variable(START)]
    multiply_learning_rates(made, {0: 0.5}, variables)
    made.build(variables)
    made.apply([keras.ops.convert_to_tensor(GRADIENTS[0])] * 2)
    half, full = (variable.numpy() - START for variable in variables)
    np.testing.assert_allclose(half, full / 2, rtol=1e-5)
    assert np.abs(full).min() > 0


def test_weights_decay_at_the_same_rate_as_they_learn() -> None:
    import keras

    made = optimizer("SGD", 0.1, weight_decay=0.5)
    variables = [keras.Variable(START), keras.Variable(START), keras.Variable(START)]
    multiply_learning_rates(made, {0: 0.5, 1: 0.0}, variables)
    made.build(variables)
    made.apply([keras.ops.zeros((2, 2))] * 3)
    for variable, kept in zip(variables, (1 - 0.025, 1.0, 1 - 0.05), strict=True):
        np.testing.assert_allclose(variable.numpy(), START * kept, rtol=1e-6)
    assert float(made.learning_rate) == pytest.approx(0.1)


def test_what_an_optimizer_remembers_is_saved_and_loaded() -> None:
    import keras

    def fresh() -> tuple[Any, Any]:
        made, variable = optimizer("Adam", 0.1), keras.Variable(START)
        multiply_learning_rates(made, {0: 0.5}, [variable])
        made.build([variable])
        return made, variable

    (first, left), (second, right) = fresh(), fresh()
    first.apply([keras.ops.convert_to_tensor(GRADIENTS[0])])
    store: dict[str, Any] = {}
    first.save_own_variables(store)
    second.load_own_variables(store)
    right.assign(left)
    for one in (first, second):
        one.apply([keras.ops.convert_to_tensor(GRADIENTS[1])])
    assert np.array_equal(left.numpy(), right.numpy())
