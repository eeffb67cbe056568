"""Any number of classes an image: the targets and what judges them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shapenet.errors import ConfigError
from shapenet.registry import Component
from shapenet.tasks.base import DataSpec, Moves, Tensors
from shapenet.tasks.changed import changed_loss
from shapenet.tasks.classification.components import on_probabilities
from shapenet.tasks.classification.heads import check_class_scores, class_scores
from shapenet.tasks.report import Evaluator

if TYPE_CHECKING:
    import numpy.typing as npt


_MEANS_OF_CLASSES = (
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge", "SquaredHinge", "MeanSquaredError", "MeanAbsoluteError",
    "Huber", "LogCosh", "Poisson",
)  # fmt: skip
"""Losses that judge each class by itself and take the mean."""


class BoundMultiLabel:
    """A sigmoid for each class; the head is a dense layer that gives logits. See `shapenet.tasks.base.BoundTask`.

    Args:
        data: What the data looks like.
        field: The field that tells the classes of an image.

    Attributes:
        classes: Class names in label order.
        moves: Nothing: a class stays where it is.

    Raises:
        ConfigError: The field has not one number for each class.
    """

    moves = Moves()

    def __init__(self, data: DataSpec, field: str) -> None:
        self.classes = data.classes
        self._field = field
        self._statistics = data.statistics
        shape = data.fields[field].shape
        if not data.classes or shape != (len(data.classes),):
            message = f"expected {field!r} to have a number for each of {len(data.classes)} classes, received {shape}"
            hint = "a csv source makes one of several classes in a cell: label_separator: '|'"
            raise ConfigError("config/task", message, hint=hint)

    def head(self, features: Any, *, prefix: str) -> Any:
        """A dense layer of a logit for each class in float32. See `BoundTask.head`."""
        return class_scores(features, len(self.classes), prefix=prefix)

    def check_output(self, shape: tuple[int | None, ...]) -> None:
        """One value a class is expected. See `BoundTask.check_output`."""
        check_class_scores(shape, len(self.classes), "sigmoid")

    def make(self, component: Component, *, logits: bool) -> Any:
        """Keras's losses and metrics of probabilities get the sigmoid of logits. See `BoundTask.make`.

        Losses that are a mean over the classes show each class, so that it can be weighed.
        """
        if component.name == "accuracy":  # Keras would take the largest output for the one that counts
            component = Component("metric", "BinaryAccuracy", {"name": "accuracy"})
        made = on_probabilities(component, "sigmoid", logits=logits)
        if component.kind == "metric" or not _has_mean_of_classes(component):
            return made
        return changed_loss(made, lambda targets, outputs: (targets[..., None], outputs[..., None]))

    def metric_hint(self, loss: Component) -> str | None:
        """Nothing. See `BoundTask.metric_hint`."""
        return None

    def encode(self, batch: Tensors, loss: Component) -> Any:
        """float32 ``(batch, num_classes)``: 1 for each class of the image. See `BoundTask.encode`."""
        import tensorflow as tf

        return tf.cast(batch[self._field], tf.float32)

    def class_counts(self) -> Mapping[str, int]:
        """Images that show each class. See `BoundTask.class_counts`."""
        mean, _ = self._statistics.moments(self._field)
        num_records = self._statistics.num_records
        return {name: round(float(share) * num_records) for name, share in zip(self.classes, mean, strict=True)}

    def weights(self, batch: Tensors, class_weights: npt.NDArray[Any], loss: Component) -> Any:
        """A class counts its weight in the images that show it, and 1 in others. See `BoundTask.weights`.

        A loss that is not a mean over the classes has one weight an image: the mean of the classes it shows, 1 where
        it shows none.
        """
        import tensorflow as tf

        shown = tf.cast(batch[self._field], tf.float32)
        if _has_mean_of_classes(loss):
            return 1 + shown * (tf.constant(class_weights) - 1)
        num_shown = tf.reduce_sum(shown, axis=-1)
        mean = tf.math.divide_no_nan(tf.linalg.matvec(shown, tf.constant(class_weights)), num_shown)
        return tf.where(num_shown > 0, mean, tf.ones_like(mean))

    def uninformed(self, targets: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """A probability of one half: the cross-entropy is the logarithm of 2. See `BoundTask.uninformed`."""
        import numpy as np

        return np.full((len(targets), len(self.classes)), 0 if logits else 0.5, np.float32)

    def evaluator(self, num_examples: int, *, logits: bool) -> Evaluator:
        """See `BoundTask.evaluator`."""
        from shapenet.tasks.classification.multi_evaluator import MultiLabelEvaluator

        return MultiLabelEvaluator(self.classes, self._field, num_examples, logits=logits)


def _has_mean_of_classes(loss: Component) -> bool:
    """Whether a loss can be seen class by class without becoming another."""
    plain = not {"axis", "reduction"} & set(loss.arguments)
    return plain and loss.name in _MEANS_OF_CLASSES and loss.entry.origin == "keras"
