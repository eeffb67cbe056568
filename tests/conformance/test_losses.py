"""Every loss and metric with every task: refused with a reason, or finite; losses differentiable and weighted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.errors import ConfigError
from shapenet.training.build import Compiled
from tests.conformance import table, tiny

WEIGHTS = np.array([1, 1, 0, 0], np.float32)
"""Weights of the records: what weighs nothing must count nothing."""


def made(folder: Path, task: dict[str, Any], **more: Any) -> Compiled | None:
    """The model of a task with a loss or metrics; None where these are refused."""
    try:
        found = tiny.compiled(tiny.experiment(folder, **task, **more))
    except ConfigError as error:
        table.check_refusal(error)
        return None
    tiny.settle(found)
    return found


@pytest.mark.parametrize(("task", "number"), table.tasks())
@pytest.mark.parametrize("name", table.names("loss"))
def test_a_loss(name: str, task: str, number: int, tmp_path: Path) -> None:
    import tensorflow as tf

    config, given = table.task(task, number), table.component("loss", name)
    found = made(tmp_path, config, loss=given)
    if found is None:
        return
    loss, true, outputs = found.tasks[""].loss, tiny.targets(found), tf.constant(tiny.output(found))

    given_weights = weights_for(loss, true, outputs)

    def gradient(weights: np.ndarray | None) -> np.ndarray:
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = loss(true, outputs, sample_weight=weights)
        assert np.isfinite(value.numpy())
        slope = tape.gradient(value, outputs).numpy()
        assert np.isfinite(slope).all()
        return np.abs(slope).reshape(tiny.NUM, -1).sum(axis=1)

    with table.checking("loss", f"{name} for {task}", "gradient"):
        assert (gradient(None) > 0).any()
    with table.checking("loss", f"{name} for {task}", "weights"):
        slopes = gradient(given_weights)
        assert (slopes[WEIGHTS > 0] > 0).any()
        assert not slopes[WEIGHTS == 0].any(), "a record that weighs nothing counts"
    with table.checking("loss", f"{name} for {task}", "mixed precision"):
        mixed = made(tmp_path, config, loss=given, training={"precision": "mixed_bfloat16"})
        assert mixed is not None
        values = [float(m.tasks[""].loss(true, tiny.output(m))) for m in (found, mixed)]
        np.testing.assert_allclose(*values, rtol=0.03, atol=0.01)
        assert np.isfinite(tiny.train(mixed))


@pytest.mark.parametrize(("task", "number"), table.tasks())
@pytest.mark.parametrize("name", table.names("metric"))
def test_a_metric(name: str, task: str, number: int, tmp_path: Path) -> None:
    config, given = table.task(task, number), table.component("metric", name)
    for loss in ({}, {"loss": "CategoricalCrossentropy"}):  # many of Keras's metrics take what this loss takes
        found = made(tmp_path, config, metrics=[given], **loss)
        if found is None:
            continue
        true, outputs = tiny.targets(found), tiny.output(found)
        with table.checking("metric", f"{name} for {task}", "value"):
            assert np.isfinite(value_of(found, true, outputs))
            assert np.isfinite(tiny.train(found))
        with table.checking("metric", f"{name} for {task}", "mixed precision"):
            mixed = made(tmp_path, config, metrics=[given], **loss, training={"precision": "mixed_bfloat16"})
            assert mixed is not None
            assert np.isfinite(tiny.train(mixed))
            first, second = (value_of(m, true, outputs) for m in (found, mixed))
            assert first == second, "a metric is computed in float32 whatever the model is computed in"


def weights_for(loss: Any, true: np.ndarray, outputs: Any) -> np.ndarray:
    """`WEIGHTS` in the form that a loss takes: one for each pixel where it has a value for each pixel."""
    try:
        shape = loss.call(true, outputs).shape
    except Exception:  # those of masks take weights of pixels themselves
        shape = true.shape
    rank = max(1, len(shape))
    return np.broadcast_to(WEIGHTS.reshape(-1, *[1] * (rank - 1)), true.shape[:rank])


def value_of(found: Compiled, true: np.ndarray, outputs: np.ndarray) -> float:
    (metric,) = found.tasks[""].metrics.values()
    if isinstance(metric, str):  # Keras chooses what it stands for when it sees the targets
        import keras

        sparse = found.tasks[""].component.name.startswith("Sparse")
        metric = keras.metrics.SparseCategoricalAccuracy() if sparse else keras.metrics.CategoricalAccuracy()
    metric.reset_state()
    metric.update_state(true, outputs)
    result = float(metric.result())
    metric.reset_state()
    return result
