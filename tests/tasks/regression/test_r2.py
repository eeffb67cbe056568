"""The metric R2 against its formula in float64."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.tasks.regression.scale import Scale
from shapenet.training.monitors import rises
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
RANDOM = np.random.default_rng(1)
SCALE = Scale((2000.0, 1.0), (2.0, 0.5), (0.0, 0.0))
TRUE = (RANDOM.normal(0, 1, (50, 2)) * [2, 0.5] + [2000, 1]).astype(np.float32)
PREDICTED = (TRUE + RANDOM.normal(0, 1, (50, 2)) * [0.5, 0.3]).astype(np.float32)


def metric(scale: Scale = SCALE) -> keras.metrics.Metric:
    return parse_component("metric", "R2").create(scale)


def written_out(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    true, predicted = true.astype(np.float64), predicted.astype(np.float64)
    return 1 - ((true - predicted) ** 2).sum(0) / ((true - true.mean(0)) ** 2).sum(0)


def test_it_is_that_of_all_examples_not_a_mean_over_batches() -> None:
    r2 = metric()
    r2.update_state(TRUE, PREDICTED + 100)
    r2.reset_state()
    order = np.argsort(TRUE[:, 0])  # within such batches little varies
    for batch in np.array_split(order, 10):
        r2.update_state(TRUE[batch], PREDICTED[batch])
    assert float(r2.result()) == pytest.approx(written_out(TRUE, PREDICTED).mean(), abs=1e-4)
    assert rises(r2)


def test_the_mean_explains_nothing() -> None:
    r2 = metric()
    r2.update_state(TRUE, np.broadcast_to(TRUE.mean(0), TRUE.shape))
    assert float(r2.result()) == pytest.approx(0, abs=1e-4)


def test_an_angle_is_judged_by_direction() -> None:
    angles = RANDOM.uniform(0, 90, (200, 1)).astype(np.float32)
    predicted = (angles + RANDOM.normal(0, 5, angles.shape).astype(np.float32)) % 90
    r2 = metric(Scale((0.0,), (1.0,), (90.0,)))
    r2.update_state(angles, predicted)
    points, others = (
        np.column_stack([f(x[:, 0] * 2 * np.pi / 90) for f in (np.sin, np.cos)]) for x in (angles, predicted)
    )
    expected = 1 - ((points - others) ** 2).sum() / ((points - points.mean(0)) ** 2).sum()
    assert float(r2.result()) == pytest.approx(expected, abs=1e-4)
    assert expected > 0.8


def test_weights_count_as_repetitions() -> None:
    weighted, repeated = metric(), metric()
    counts = RANDOM.integers(0, 4, 50)
    weighted.update_state(TRUE, PREDICTED, counts)
    repeated.update_state(np.repeat(TRUE, counts, 0), np.repeat(PREDICTED, counts, 0))
    assert float(weighted.result()) == pytest.approx(float(repeated.result()), abs=1e-4)


def test_numbers_that_do_not_vary_are_left_out() -> None:
    r2 = metric()
    true = TRUE.copy()
    true[:, 1] = 7
    r2.update_state(true, PREDICTED)
    assert float(r2.result()) == pytest.approx(written_out(TRUE, PREDICTED)[0], abs=1e-4)
    r2.reset_state()
    r2.update_state(true[:1], PREDICTED[:1])
    assert float(r2.result()) == 0


def test_it_survives_serialisation() -> None:
    again = keras.metrics.deserialize(keras.metrics.serialize(metric()))
    assert again.scale == SCALE


def test_other_tasks_have_no_use_for_it() -> None:
    with pytest.raises(ConfigError, match="task regression"):
        parse_component("metric", "R2").create()
