"""Metrics and losses that see probabilities where the model gives logits."""

from __future__ import annotations

from typing import Any, Literal

Activation = Literal["softmax", "sigmoid"]
"""What makes probabilities of logits."""


def metric_on_probabilities(metric: Any, activation: Activation) -> Any:
    """A ``keras.metrics.Metric`` that gives `metric` the probabilities that the outputs are logits of.

    It has the name, the type and the direction of `metric`.

    Args:
        metric: A ``keras.metrics.Metric`` that takes probabilities ``(batch, num_classes)``.
        activation: What makes them of logits.
    """
    import keras

    make = getattr(keras.ops, activation)

    class OnProbabilities(keras.metrics.Metric):  # type: ignore[misc]
        """Probabilities for another metric."""

        def __init__(self, metric: Any) -> None:
            super().__init__(name=metric.name, dtype=metric.dtype)
            self.metric = metric
            if hasattr(metric, "_direction"):
                self._direction = metric._direction

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            """Add outputs ``(batch, num_classes)``, which are logits."""
            self.metric.update_state(y_true, make(y_pred), sample_weight)

        def result(self) -> Any:
            """The metric so far."""
            return self.metric.result()

        def reset_state(self) -> None:
            """Start anew."""
            self.metric.reset_state()

    return OnProbabilities(metric)


def loss_on_probabilities(loss: Any, activation: Activation) -> Any:
    """A ``keras.losses.Loss`` that gives `loss` the probabilities that the outputs are logits of.

    It has the name, the type and the reduction of `loss`.

    Args:
        loss: A ``keras.losses.Loss`` that takes probabilities ``(batch, num_classes)``.
        activation: What makes them of logits.
    """
    import keras

    make = getattr(keras.ops, activation)

    class OnProbabilities(keras.losses.Loss):  # type: ignore[misc]
        """Probabilities for another loss."""

        def __init__(self, loss: Any) -> None:
            super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
            self.loss = loss

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """The loss of outputs ``(batch, num_classes)``, which are logits."""
            return self.loss.call(y_true, make(y_pred))

    return OnProbabilities(loss)
