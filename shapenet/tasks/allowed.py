"""Losses and metrics of a config: which ones a task refuses, and which are told that they get logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from shapenet.errors import ConfigError, Key
from shapenet.registry import Component

_OTHERWISE = "it is for classes of whole images"
_REASONS = {
    "Circle": "it compares the embeddings of images",
    "CosineSimilarity": "it compares directions only, not amounts",
    "MeanAbsolutePercentageError": "it divides by the true values, some of which are 0 or nearly so",
    "MeanSquaredLogarithmicError": "it takes logarithms of values, some of which are below 0 or nearly so",
    "Poisson": "it is for counts",
    "KLDivergence": "it compares shares that add up to 1",
    "Accuracy": "it counts outputs that are exactly the true values",
    **dict.fromkeys(("Dice", "Tversky", "DiceCrossentropy", "SoftDice"), "it compares masks"),
    **dict.fromkeys(("dice", "mean_iou", "pixel_accuracy"), "it compares masks"),
    **dict.fromkeys(("IoU", "MeanIoU", "BinaryIoU", "OneHotIoU", "OneHotMeanIoU"), "it compares masks"),
    "PSNR": "it compares images",
    "SSIM": "it compares images",
    "MeanSquaredError": "it compares numbers",
    "MeanAbsoluteError": "it compares numbers",
    "RootMeanSquaredError": "it compares numbers",
    "Huber": "it compares numbers",
    "LogCosh": "it compares numbers",
    "LogCoshError": "it compares numbers",
    "R2": "it compares numbers",
    "R2Score": "it compares numbers",
    "ConcordanceCorrelation": "it compares numbers",
    "PearsonCorrelation": "it compares numbers",
}
"""Why a loss or metric may not be for a task; what is missing here compares classes."""
_TOLD = 10
_NO_MORE: Mapping[str, str] = MappingProxyType({})


def check_allowed(
    component: Component, allowed: Sequence[str], task: str, key: Key, reasons: Mapping[str, str] = _NO_MORE
) -> None:
    """Refuse a loss or metric of Keras's or our own that is not among `allowed`; a plug-in's may be anything.

    Args:
        component: The loss or metric.
        allowed: Names of those that fit the task's targets; the first ones are advised.
        task: What to call the task.
        key: Where the component stands in the config.
        reasons: Why some are not for this very task, by their names.

    Raises:
        ConfigError: With the reason, and those that fit.
    """
    if component.name in allowed or component.entry.origin not in ("keras", "shapenet"):
        return
    kind, reason = component.kind, {**_REASONS, **reasons}.get(component.name, _OTHERWISE)
    message = f"{component.name} is not a {kind} for {task}: {reason}"
    some = [*allowed[:_TOLD], *["..."] * (len(allowed) > _TOLD)]
    raise ConfigError(f"config/{key[0]}", message, key=key, hint=f"give one of {', '.join(some)}")


def check_metrics_allowed(
    metrics: Sequence[Component], allowed: Sequence[str], task: str, reasons: Mapping[str, str] = _NO_MORE
) -> None:
    """Refuse the first of a config's metrics that is not allowed; see `check_allowed`."""
    for index, metric in enumerate(metrics):
        check_allowed(metric, allowed, task, ("metrics", index), reasons)


def told(component: Component, logits: bool) -> Component:
    """`component`, told whether the model gives logits if it can be told and the config does not."""
    if "from_logits" not in component.entry.parameters or "from_logits" in component.arguments:
        return component
    return component.having(from_logits=logits)


def check_told(component: Component, logits: bool, key: Key) -> None:
    """Refuse a loss or metric whose ``from_logits`` in the config is not what the model gives.

    Args:
        component: The loss or metric.
        logits: Whether the model gives logits.
        key: Where it stands in the config.

    Raises:
        ConfigError: ``from_logits`` is the opposite.
    """
    received = component.arguments.get("from_logits", logits)
    if received == logits:
        return
    given, wanted = ("logits", "from_logits: false") if logits else ("probabilities", "from_logits: true")
    message = f"{component.name} has {wanted}, but the model gives {given}"
    hint = "leave from_logits out: the output layer tells"
    if logits:
        hint += "; or end model.layers with the activation softmax or sigmoid and give model.head: none"
    raise ConfigError(f"config/{key[0]}", message, key=(*key, component.name, "from_logits"), hint=hint)
