"""Losses and metrics that see targets and outputs in another form."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from shapenet.tasks.changed import changed_loss, changed_metric


def halved(true: Any, outputs: Any) -> tuple[Any, Any]:
    return true, outputs / 2


def test_a_loss_keeps_name_and_reduction() -> None:
    loss = changed_loss(keras.losses.MeanAbsoluteError(reduction="sum", name="far"), halved)
    assert (loss.name, loss.reduction) == ("far", "sum")
    assert float(loss(np.zeros((2, 1)), np.array([[2.0], [4.0]]))) == pytest.approx(3.0)


def test_a_metric_keeps_name_direction_and_weights_and_can_start_anew() -> None:
    metric = changed_metric(keras.metrics.MeanAbsoluteError(name="far"), halved)
    assert (metric.name, metric._direction) == ("far", "down")
    metric.update_state(np.zeros((2, 1)), np.array([[2.0], [4.0]]), sample_weight=np.array([3.0, 1.0]))
    assert float(metric.result()) == pytest.approx(1.25)
    metric.reset_state()
    metric.update_state(np.zeros((1, 1)), np.array([[2.0]]))
    assert float(metric.result()) == pytest.approx(1.0)
