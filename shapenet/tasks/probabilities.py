"""Metrics and losses that see probabilities where the model gives logits."""

from __future__ import annotations

from typing import Any


def metric_on_probabilities(metric: Any) -> Any:
    """A ``keras.metrics.Metric`` that gives `metric` the softmax of the outputs.

    It has the name, the type and the direction of `metric`.

    Args:
        metric: A ``keras.metrics.Metric`` that takes probabilities ``(batch, num_classes)``.
    """
    import keras

    class OnProbabilities(keras.metrics.Metric):  # type: ignore[misc]
        """Softmax before another metric."""

        def __init__(self, metric: Any) -> None:
            super().__init__(name=metric.name, dtype=metric.dtype)
            self.metric = metric
            if hasattr(metric, "_direction"):
                self._direction = metric._direction

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            """Add outputs ``(batch, num_classes)``, which are logits."""
            self.metric.update_state(y_true, keras.ops.softmax(y_pred), sample_weight)

        def result(self) -> Any:
            """The metric so far."""
            return self.metric.result()

        def reset_state(self) -> None:
            """Start anew."""
            self.metric.reset_state()

    return OnProbabilities(metric)


def loss_on_probabilities(loss: Any) -> Any:
    """A ``keras.losses.Loss`` that gives `loss` the softmax of the outputs.

    It has the name, the type and the reduction of `loss`.

    Args:
        loss: A ``keras.losses.Loss`` that takes probabilities ``(batch, num_classes)``.
    """
    import keras

    class OnProbabilities(keras.losses.Loss):  # type: ignore[misc]
        """Softmax before another loss."""

        def __init__(self, loss: Any) -> None:
            super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
            self.loss = loss

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """The loss of outputs ``(batch, num_classes)``, which are logits."""
            return self.loss.call(y_true, keras.ops.softmax(y_pred))

    return OnProbabilities(loss)
