"""Losses and metrics of classes: told whether they get logits, or given probabilities in their place."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Literal

from shapenet.errors import ConfigError
from shapenet.registry import Component
from shapenet.tasks.classification.probabilities import loss_on_probabilities, metric_on_probabilities

_OF_SCORES = (
    "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy",
    "Hinge", "SquaredHinge", "CategoricalHinge",
)  # fmt: skip
"""Metrics and losses that look at the order of the outputs only, or are meant for raw scores."""

_OF_MASKS = ("dice", "mean_iou", "pixel_accuracy")
"""Metrics of segmentation."""


def told(component: Component, logits: bool) -> Component:
    """`component`, told whether the model gives logits if it can be told and the config does not."""
    if "from_logits" not in component.entry.parameters or "from_logits" in component.arguments:
        return component
    return Component(component.kind, component.name, MappingProxyType({**component.arguments, "from_logits": logits}))


def on_probabilities(component: Component, activation: Literal["softmax", "sigmoid"], *, logits: bool) -> Any:
    """A loss or metric; Keras's own of probabilities get those of logits, others see what the model gives.

    Args:
        component: What to make.
        activation: What makes probabilities of logits.
        logits: Whether the model gives logits rather than probabilities.

    Returns:
        A ``keras.losses.Loss``, a ``keras.metrics.Metric``, or the short name of one.

    Raises:
        ConfigError: It is a metric of masks.
    """
    if component.kind == "metric" and component.name in _OF_MASKS and component.entry.origin == "shapenet":
        raise ConfigError("config/metrics", f"{component.name} is a metric of masks", key=("metrics",))
    made = component.create()
    knows = "from_logits" in component.arguments
    if not logits or knows or component.entry.origin != "keras" or component.name in _OF_SCORES:
        return made
    wrap = loss_on_probabilities if component.kind == "loss" else metric_on_probabilities
    return wrap(made, activation)
