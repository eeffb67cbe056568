"""Losses and metrics of classes as they are to be computed: those of probabilities are given them."""

from __future__ import annotations

from typing import Any, Literal

from shapenet.registry import Component
from shapenet.tasks.changed import changed_loss, changed_metric

_OF_SCORES = (
    "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy",
    "Hinge", "SquaredHinge", "CategoricalHinge",
)  # fmt: skip
"""Metrics and losses that look at the order of the outputs only, or are meant for raw scores."""


def on_probabilities(component: Component, activation: Literal["softmax", "sigmoid"], *, logits: bool) -> Any:
    """A loss or metric; Keras's own of probabilities get those of logits, others see what the model gives.

    Args:
        component: What to make.
        activation: What makes probabilities of logits.
        logits: Whether the model gives logits rather than probabilities.

    Returns:
        A ``keras.losses.Loss``, a ``keras.metrics.Metric``, or the short name of one.
    """
    made = component.create()
    knows = "from_logits" in component.arguments
    if not logits or knows or component.entry.origin != "keras" or component.name in _OF_SCORES:
        return made
    import keras

    make = getattr(keras.ops, activation)
    changed = changed_loss if component.kind == "loss" else changed_metric
    return changed(made, lambda targets, outputs: (targets, make(outputs)))
