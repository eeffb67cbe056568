"""Refuses losses and metrics that mean nothing for a task's targets, with the reason."""

from __future__ import annotations

from collections.abc import Collection

from shapenet.errors import ConfigError, Key
from shapenet.registry import Component

_OTHERWISE = "it is for classes"
_REASONS = {
    "Circle": "it compares the embeddings of images",
    "CosineSimilarity": "it compares directions only, not amounts",
    "MeanAbsolutePercentageError": "it divides by the true values, some of which are 0 or nearly so",
    "MeanSquaredLogarithmicError": "it takes logarithms of values, some of which are below 0 or nearly so",
    "Poisson": "it is for counts",
    "KLDivergence": "it compares shares that add up to 1",
    "Dice": "it compares masks",
    "Tversky": "it compares masks",
    "PSNR": "it compares images",
    "SSIM": "it compares images",
    "R2": "it compares numbers",
    "R2Score": "it compares numbers",
    "ConcordanceCorrelation": "it compares numbers",
    "PearsonCorrelation": "it compares numbers",
}
"""Why a loss or metric may not be for a task; what is missing here compares classes."""


def check_allowed(component: Component, allowed: Collection[str], task: str, key: Key) -> None:
    """Refuse a loss or metric of Keras's or our own that is not among `allowed`; a plug-in's may be anything.

    Args:
        component: The loss or metric.
        allowed: Names of those that fit the task's targets.
        task: What to call the task.
        key: Where the component stands in the config.

    Raises:
        ConfigError: With the reason, and those that fit.
    """
    if component.name in allowed or component.entry.origin not in ("keras", "shapenet"):
        return
    kind, reason = component.kind, _REASONS.get(component.name, _OTHERWISE)
    message = f"{component.name} is not a {kind} for {task}: {reason}"
    raise ConfigError(f"config/{key[0]}", message, key=key, hint=f"give one of {', '.join(allowed)}")
