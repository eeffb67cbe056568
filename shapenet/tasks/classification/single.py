"""One class an image: the head, the targets and what judges them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from shapenet.registry import Component
from shapenet.tasks.base import DataSpec, Moves, Tensors
from shapenet.tasks.classification.components import on_probabilities
from shapenet.tasks.classification.heads import check_class_scores, class_scores
from shapenet.tasks.classification.task import takes_vectors
from shapenet.tasks.report import Evaluator

if TYPE_CHECKING:
    import numpy.typing as npt


class BoundClassification:
    """Softmax over the classes; the head is a dense layer that gives logits. See `shapenet.tasks.base.BoundTask`.

    Args:
        data: What the data looks like.

    Attributes:
        classes: Class names in label order.
        moves: Nothing: a class stays where it is.
    """

    moves = Moves()

    def __init__(self, data: DataSpec) -> None:
        self.classes = data.classes
        self._statistics = data.statistics

    def head(self, features: Any, *, prefix: str) -> Any:
        """A dense layer of a logit for each class in float32. See `BoundTask.head`."""
        return class_scores(features, len(self.classes), prefix=prefix)

    def check_output(self, shape: tuple[int | None, ...]) -> None:
        """One value a class is expected. See `BoundTask.check_output`."""
        check_class_scores(shape, len(self.classes), "softmax")

    def make(self, component: Component, *, logits: bool) -> Any:
        """Keras's losses and metrics of probabilities get the softmax of logits. See `BoundTask.make`."""
        return on_probabilities(component, "softmax", logits=logits)

    def metric_hint(self, loss: Component) -> str | None:
        """Many of Keras's metrics take vectors, as the loss then must. See `BoundTask.metric_hint`."""
        if takes_vectors(loss):
            return None
        return "metrics that look at each class (Precision, AUC, ...) need a loss of vectors: CategoricalCrossentropy"

    def encode(self, batch: Tensors, loss: Component) -> Any:
        """Class numbers, or float32 vectors over the classes where the loss takes those. See `BoundTask.encode`."""
        import tensorflow as tf

        label = batch["label"]
        mixed = label.dtype.is_floating  # those are vectors already
        return label if mixed or not takes_vectors(loss) else tf.one_hot(label, len(self.classes))

    def class_counts(self) -> Mapping[str, int]:
        """Images of each class. See `BoundTask.class_counts`."""
        counts = np.zeros(len(self.classes), np.int64)
        known = self._statistics.counts("label")
        counts[: len(known)] = known
        return dict(zip(self.classes, counts.tolist(), strict=True))

    def weights(self, batch: Tensors, class_weights: npt.NDArray[Any], loss: Component) -> Any:
        """The weight of each image's class; that of a mixed label lies between. See `BoundTask.weights`."""
        import tensorflow as tf

        label = batch["label"]
        if label.dtype.is_floating:
            return tf.linalg.matvec(label, tf.constant(class_weights))
        return tf.gather(tf.constant(class_weights), label)

    def uninformed(self, targets: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """The same for each class: the cross-entropy is the logarithm of their number. See `BoundTask.uninformed`."""
        return np.full((len(targets), len(self.classes)), 0 if logits else 1 / len(self.classes), np.float32)

    def evaluator(self, num_examples: int, *, logits: bool) -> Evaluator:
        """See `BoundTask.evaluator`."""
        from shapenet.tasks.classification.evaluator import ClassEvaluator

        return ClassEvaluator(self.classes, num_examples, logits=logits)
