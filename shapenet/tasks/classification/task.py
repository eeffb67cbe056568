"""Classification: each image belongs to one class, or shows several."""

from __future__ import annotations

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.allowed import check_allowed, check_metrics_allowed, told
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

_LOSSES_OF_ANY = (
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "Dice", "Tversky", "Hinge", "SquaredHinge", "MeanSquaredError",
    "MeanAbsoluteError", "Huber", "LogCosh", "Poisson",
)  # fmt: skip
_LOSSES_OF_ONE = (
    "SparseCategoricalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge",
    "CategoricalGeneralizedCrossEntropy", "KLDivergence", "MeanSquaredLogarithmicError",
)  # fmt: skip
"""Losses for images of one class each, besides those that fit any number of them."""

_METRICS_OF_ANY = (
    "accuracy", "AUC", "F1Score", "FBetaScore", "Precision", "Recall", "BinaryAccuracy", "BinaryCrossentropy",
    "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity",
    "TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "BinaryIoU", "Hinge", "SquaredHinge",
    "MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "LogCoshError", "Poisson",
)  # fmt: skip
_METRICS_OF_ONE = (
    "CategoricalAccuracy", "TopKCategoricalAccuracy", "SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy",
    "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "CategoricalHinge", "KLDivergence",
    "CosineSimilarity", "OneHotIoU", "OneHotMeanIoU",
)  # fmt: skip
"""Metrics for images of one class each, besides those that fit any number of them."""

_NO_MULTI_LABEL = {
    **dict.fromkeys((*_LOSSES_OF_ONE, *_METRICS_OF_ONE), "it is for images of one class each"),
    "KLDivergence": "it compares shares that add up to 1, and each class is judged by itself",
    "MeanSquaredLogarithmicError": "it compares the logarithms of amounts, and an output is a yes or no",
    "CosineSimilarity": "it compares directions only, and each class is judged by itself",
}
"""Why losses and metrics mean nothing where an image shows several classes."""


class Classification:
    """One class an image; see `shapenet.tasks.base.Task`."""

    fields: tuple[str, ...] = ("label",)
    monitor = "loss"

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        """Categorical cross-entropy, sparse unless labels are mixed; losses that know ``from_logits`` are told."""
        if given is not None:
            check_allowed(given, (*_LOSSES_OF_ONE, *_LOSSES_OF_ANY), "classification", ("loss",))
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
        check_metrics_allowed(given, (*_METRICS_OF_ANY, *_METRICS_OF_ONE), "classification")
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
            check_allowed(given, _LOSSES_OF_ANY, "multi-label classification", ("loss",), _NO_MULTI_LABEL)
        return told(given or Component("loss", "BinaryCrossentropy"), logits)

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """The share of right answers; metrics that know ``from_logits`` are told. See `Task.metrics`.

        Keras's F1Score and FBetaScore would count the largest output alone, so they get a threshold of one half.

        Raises:
            ConfigError: A metric is for other targets.
        """
        if given is None:
            return (Component("metric", "BinaryAccuracy"),)
        check_metrics_allowed(given, _METRICS_OF_ANY, "multi-label classification", _NO_MULTI_LABEL)
        return tuple(told(_with_threshold(metric), logits) for metric in given)

    def bind(self, data: DataSpec) -> BoundTask:
        """See `Task.bind`."""
        from shapenet.tasks.classification.multi import BoundMultiLabel

        return BoundMultiLabel(data, self.fields[0])


def takes_vectors(loss: Component) -> bool:
    """Whether a loss takes its targets as vectors over the classes: only a few of Keras's take class numbers."""
    return not loss.name.startswith("Sparse") and loss.name not in _OF_CLASS_NUMBERS


def _with_threshold(metric: Component) -> Component:
    is_score = metric.name in ("F1Score", "FBetaScore") and metric.entry.origin == "keras"
    return metric.having(threshold=0.5) if is_score and metric.arguments.get("threshold") is None else metric
