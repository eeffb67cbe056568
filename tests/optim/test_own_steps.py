"""Variables that begin to learn late, with every optimizer that Keras has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.optim.own_steps import count_own_steps
from shapenet.registry import REGISTRIES, Component
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
NAMES = [entry.name for entry in REGISTRIES["optimizer"] if entry.origin == "keras"]
START = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)
GRADIENT = np.array([[0.3, -0.1], [2.0, 0.7]], np.float32)
NUM_FROZEN, NUM_STEPS = 12, 8


def made(name: str, **more: object) -> tuple[Any, list[Any]]:
    """An optimizer, and two variables, of which the second joins late."""
    import keras

    optimizer = Component("optimizer", name, {"learning_rate": 0.1, **more}).create()
    variables = [keras.Variable(START, name="early"), keras.Variable(START, name="late")]
    optimizer.build(variables)
    return optimizer, variables


def train(optimizer: Any, variables: list[Any], num_steps: int, scale: float = 1.0) -> None:
    import keras

    for step in range(num_steps):
        gradient = keras.ops.convert_to_tensor(GRADIENT * scale * (1 + step % 3))
        optimizer.apply([gradient] * len(variables), variables)


def joined_late(optimizer: Any, variables: list[Any], scale: float = 1.0) -> np.ndarray:
    train(optimizer, variables[:1], NUM_FROZEN, scale)
    train(optimizer, variables, NUM_STEPS, scale)
    return np.array(variables[1].numpy())


def from_the_start(name: str, **more: object) -> np.ndarray:
    optimizer, variables = made(name, **more)
    train(optimizer, variables, NUM_STEPS)
    return np.array(variables[1].numpy())


@pytest.mark.parametrize("more", [{}, {"gradient_accumulation_steps": 2}], ids=["plain", "accumulating"])
@pytest.mark.parametrize("name", NAMES)
def test_late_variables_are_updated_as_from_the_start(name: str, more: dict[str, object]) -> None:
    optimizer, variables = made(name, **more)
    count_own_steps(optimizer, [variables[1:]])
    np.testing.assert_allclose(joined_late(optimizer, variables), from_the_start(name, **more), rtol=1e-6)
    plain, others = made(name, **more)
    joined_late(plain, others)
    np.testing.assert_array_equal(variables[0].numpy(), others[0].numpy())


@pytest.mark.parametrize("name", ["Adam", "Nadam"])
def test_it_works_where_losses_are_scaled(name: str) -> None:
    import keras

    inner, variables = made(name)
    count_own_steps(inner, [variables[1:]])
    scaling = keras.optimizers.LossScaleOptimizer(inner, initial_scale=8.0)
    np.testing.assert_allclose(joined_late(scaling, variables, scale=8.0), from_the_start(name), rtol=1e-6)


@pytest.mark.parametrize("name", ["Adam", "Nadam"])
def test_the_numbers_of_steps_are_saved_and_loaded(name: str) -> None:
    (first, left), (second, right) = made(name), made(name)
    for optimizer, variables in ((first, left), (second, right)):
        count_own_steps(optimizer, [variables[1:]])
    joined_late(first, left)
    for pairs in (zip(second.variables, first.variables, strict=True), zip(right, left, strict=True)):
        for to, value in pairs:
            to.assign(value)
    for optimizer, variables in ((first, left), (second, right)):
        train(optimizer, variables, 3)
    np.testing.assert_array_equal(left[1].numpy(), right[1].numpy())
