"""Losses and metrics that see targets and outputs in another form than the model has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[Any, Any], tuple[Any, Any]]
"""From targets and outputs to what the loss or metric is to see of them."""


def changed_loss(loss: Any, change: Change) -> Any:
    """A ``keras.losses.Loss`` that gives `loss` targets and outputs in another form.

    It has the name, the type and the reduction of `loss`, and `loss` itself as its attribute ``loss``.

    Args:
        loss: A ``keras.losses.Loss``.
        change: Makes what it sees.
    """
    import keras

    class Changed(keras.losses.Loss):  # type: ignore[misc]
        """Another form for another loss."""

        def __init__(self) -> None:
            super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
            self.loss = loss

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """The loss of targets and outputs."""
            return self.loss.call(*change(y_true, y_pred))

    return Changed()


def changed_metric(metric: Any, change: Change) -> Any:
    """A ``keras.metrics.Metric`` that gives `metric` targets and outputs in another form.

    It has the name, the type and the direction of `metric`.

    Args:
        metric: A ``keras.metrics.Metric``.
        change: Makes what it sees.
    """
    import keras

    class Changed(keras.metrics.Metric):  # type: ignore[misc]
        """Another form for another metric."""

        def __init__(self) -> None:
            super().__init__(name=metric.name, dtype=metric.dtype)
            self.metric = metric
            if hasattr(metric, "_direction"):
                self._direction = metric._direction

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            """Add targets and outputs."""
            self.metric.update_state(*change(y_true, y_pred), sample_weight)

        def result(self) -> Any:
            """The metric so far."""
            return self.metric.result()

        def reset_state(self) -> None:
            """Start anew."""
            self.metric.reset_state()

    return Changed()
