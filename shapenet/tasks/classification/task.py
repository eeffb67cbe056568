"""Classification: each image belongs to one class, or shows several."""

from __future__ import annotations

from collections.abc import Mapping

from shapenet.errors import ConfigError, Key
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.allowed import told
from shapenet.tasks.base import BoundTask, DataSpec, Task


@REGISTRIES["metric"].register("accuracy")
def accuracy() -> str:
    """Keras's accuracy in the form that fits the loss."""
    return "accuracy"


@REGISTRIES["task"].register("classification")
def classification(*, multi_label: bool = False, field: str | None = None) -> Task:
    """Each image belongs to one class (softmax), or shows any number of them (sigmoid).

    Args:
        multi_label: An image may show several classes, or none: each is judged by itself.
        field: With `multi_label`, the field that has 1 for each class of an image and 0 for
            the others; ``labels`` unless given.

    Raises:
        ConfigError: `field` is given where an image has one class.
    """
    if multi_label:
        return MultiLabelClassification(field or "labels")
    if field is not None:
        message = "field goes with multi_label: true: the one class of an image is its label"
        raise ConfigError("config/conflict", message, key=("field",))
    return Classification()


_OF_EACH_CLASS = ("BinaryCrossentropy", "BinaryFocalCrossentropy")
"""Losses that judge each class by itself."""

_OF_CLASS_NUMBERS = ("CategoricalGeneralizedCrossEntropy",)
"""Losses that take the number of the class although no ``Sparse`` in their name says so."""

_NO_LOSS = {
    "Circle": "it compares the embeddings of images, and an output has a value for each class",
    "MeanAbsolutePercentageError": "it divides by the targets, which are 0 for all classes but one",
    "DiceCrossentropy": "it is for masks",
    "SSIM": "it compares images",
    "SoftDice": "it is for masks",
}
"""Losses that mean nothing for classes, with the reason."""

_ONE_CLASS = "it is for images of one class each"
_NO_MULTI_LABEL_LOSS = {
    **_NO_LOSS,
    "MeanAbsolutePercentageError": "it divides by the targets, which are 0 for classes that an image does not show",
    "MeanSquaredLogarithmicError": "it compares the logarithms of amounts, and an output is a yes or no",
    "KLDivergence": "it compares shares that add up to 1, and each class is judged by itself",
    "CategoricalCrossentropy": _ONE_CLASS,
    "CategoricalFocalCrossentropy": _ONE_CLASS,
    "CategoricalGeneralizedCrossEntropy": _ONE_CLASS,
    "CategoricalHinge": _ONE_CLASS,
    "SparseCategoricalCrossentropy": _ONE_CLASS,
}
"""Losses that mean nothing where an image shows several classes, with the reason."""

_NO_METRIC = {
    **dict.fromkeys(("dice", "mean_iou", "pixel_accuracy"), "it is for masks"),
    **dict.fromkeys(("PSNR", "SSIM"), "it compares images"),
    "R2": "it compares numbers",
}
"""Metrics of ours that mean nothing for classes, with the reason."""


class Classification:
    """One class an image; see `shapenet.tasks.base.Task`."""

    fields: tuple[str, ...] = ("label",)
    monitor = "loss"

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        """Categorical cross-entropy, sparse unless labels are mixed; losses that know ``from_logits`` are told."""
        if given is not None:
            others = "CategoricalCrossentropy, CategoricalFocalCrossentropy, Dice, ..."
            _refuse(given, _NO_LOSS, "classification", others, ("loss",))
        if given is not None and logits and given.name in _OF_EACH_CLASS and given.entry.origin == "keras":
            message = f"{given.name} judges each class by itself, and the model's outputs are shares of one class"
            hint = "write task: {classification: {multi_label: true}}, or leave the loss out"
            raise ConfigError("config/loss", message, key=("loss",), hint=hint)
        own = "CategoricalCrossentropy" if mixer else "SparseCategoricalCrossentropy"
        loss = told(given or Component("loss", own), logits)
        if mixer and not takes_vectors(loss):
            message = (
                f"{mixer} makes each label a vector over the classes: expected a loss of vectors, received {loss.name}"
            )
            raise ConfigError("config/loss", message, key=("loss",), hint=f"give {own}, or leave the loss out")
        return loss

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """Accuracy; metrics that know ``from_logits`` are told, but AUC, which takes logits for a sigmoid's.

        Raises:
            ConfigError: A metric is for other targets.
        """
        if given is None:
            return (Component("metric", "accuracy"),)
        _refuse_metrics(given, "classification")
        return tuple(metric if metric.name == "AUC" else told(metric, logits) for metric in given)

    def bind(self, data: DataSpec) -> BoundTask:
        """See `Task.bind`."""
        from shapenet.tasks.classification.single import BoundClassification

        return BoundClassification(data)


class MultiLabelClassification:
    """Any number of classes an image; see `shapenet.tasks.base.Task`.

    Args:
        field: The field that tells the classes of an image.
    """

    monitor = "loss"

    def __init__(self, field: str) -> None:
        self.fields: tuple[str, ...] = (field,)

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        """Binary cross-entropy; losses that know ``from_logits`` are told. See `Task.loss`."""
        if given is not None:
            others = "BinaryCrossentropy, BinaryFocalCrossentropy, Dice, Tversky, ..."
            _refuse(given, _NO_MULTI_LABEL_LOSS, "multi-label classification", others, ("loss",))
        return told(given or Component("loss", "BinaryCrossentropy"), logits)

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """The share of right answers; metrics that know ``from_logits`` are told. See `Task.metrics`.

        Raises:
            ConfigError: A metric is for other targets.
        """
        if given is None:
            return (Component("metric", "BinaryAccuracy"),)
        _refuse_metrics(given, "multi-label classification")
        return tuple(told(metric, logits) for metric in given)

    def bind(self, data: DataSpec) -> BoundTask:
        """See `Task.bind`."""
        from shapenet.tasks.classification.multi import BoundMultiLabel

        return BoundMultiLabel(data, self.fields[0])


def takes_vectors(loss: Component) -> bool:
    """Whether a loss takes its targets as vectors over the classes: only a few of Keras's take class numbers."""
    return not loss.name.startswith("Sparse") and loss.name not in _OF_CLASS_NUMBERS


def _refuse_metrics(given: tuple[Component, ...], task: str) -> None:
    for index, metric in enumerate(given):
        _refuse(metric, _NO_METRIC, task, "accuracy, AUC, F1Score, ...", ("metrics", index))


def _refuse(given: Component, reasons: Mapping[str, str], task: str, others: str, key: Key) -> None:
    if given.name in reasons and given.entry.origin in ("keras", "shapenet"):
        message = f"{given.name} is not a {given.kind} for {task}: {reasons[given.name]}"
        hint = f"leave the {given.kind} out, or give {others}"
        raise ConfigError(f"config/{key[0]}", message, key=key, hint=hint)
