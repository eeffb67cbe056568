"""Which losses and metrics fit masks of class numbers, and how each of them is computed of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapenet.errors import ConfigError
from shapenet.registry import Component
from shapenet.tasks.allowed import check_allowed, check_metrics_allowed
from shapenet.tasks.segmentation.adapted import on_pixels, on_regions
from shapenet.tasks.segmentation.pixels import IGNORED

_OWN_LOSSES = ("DiceCrossentropy", "SoftDice")
_OF_PIXELS = ("CategoricalCrossentropy", "CategoricalFocalCrossentropy")
_OF_REGIONS = ("Dice", "Tversky")
_LOSSES = ("SparseCategoricalCrossentropy", *_OWN_LOSSES, *_OF_PIXELS, *_OF_REGIONS)
_OWN_METRICS = ("dice", "mean_iou", "pixel_accuracy")
_KERAS_METRICS = ("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")
_METRICS = (*_OWN_METRICS, *_KERAS_METRICS)

_NO_METRIC = {
    "accuracy": "it is called pixel_accuracy here",
    "SparseCategoricalAccuracy": "pixel_accuracy is the same, and leaves out pixels that don't count",
    "BinaryIoU": "it takes one probability a pixel, and there is one for each class; mean_iou and IoU fit",
    "Precision": "the report of an evaluation has the precision of each class",
    "Recall": "the report of an evaluation has the recall of each class",
    "F1Score": "dice is the same for pixels",
}


def check_loss(component: Component) -> None:
    """Refuse a loss that is not one of masks; a plug-in's own is left to its author.

    Raises:
        ConfigError: With those that are.
    """
    check_allowed(component, _LOSSES, "segmentation", ("loss",))
    if component.arguments.get("ignore_class") is not None:
        message = "the loss can't leave out pixels by itself: metrics and reports would count them"
        raise ConfigError(
            "config/loss", message, key=("loss", component.name, "ignore_class"),
            hint="task: {segmentation: {ignore: ...}}",
        )  # fmt: skip


def check_metrics(metrics: Sequence[Component]) -> None:
    """Refuse metrics that are none of masks; a plug-in's own is left to its author.

    Raises:
        ConfigError: With those that are.
    """
    check_metrics_allowed(metrics, _METRICS, "segmentation", _NO_METRIC)


def made_loss(component: Component, num_classes: int, *, logits: bool) -> Any:
    """A loss of masks, which leaves out pixels of the class `IGNORED`.

    Args:
        component: What the task's ``loss`` gave.
        num_classes: How many classes there are.
        logits: Whether the model gives logits.
    """
    if component.name == "SparseCategoricalCrossentropy":
        return component.create(ignore_class=IGNORED)
    if component.name in _OWN_LOSSES and component.entry.origin == "shapenet":
        return component.create(logits)
    made = component.create()
    if component.entry.origin != "keras":
        return made
    if component.name in _OF_REGIONS:
        return on_regions(made, num_classes, logits=logits)
    return on_pixels(made, num_classes)


def made_metric(component: Component, num_classes: int) -> Any:
    """A metric of masks, which leaves out pixels of the class `IGNORED`.

    Args:
        component: What `check_metrics` let pass.
        num_classes: How many classes there are.

    Raises:
        ConfigError: It is told another number of classes.
    """
    name, origin = component.name, component.entry.origin
    if name in _OWN_METRICS and origin == "shapenet":
        return component.create(num_classes)
    if name not in _KERAS_METRICS or origin != "keras":
        return component.create()
    if component.arguments.get("num_classes", num_classes) != num_classes:
        received = component.arguments["num_classes"]
        message = f"{name}: the masks have {num_classes} classes, received num_classes: {received}"
        raise ConfigError("config/metrics", message, key=("metrics",))
    # In int32, which is Keras's default here, they overflow after 2 billion pixels.
    made = component.create(ignore_class=IGNORED, sparse_y_pred=False, dtype="float32")
    made.sparse_y_true = True  # those of one-hot vectors differ in nothing else
    return made
