"""Metrics of segmentation: mean IoU, Dice and pixel accuracy, of one confusion matrix an epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapenet.registry import REGISTRIES
from shapenet.tasks.segmentation.pixels import labels_and_counting


@REGISTRIES["metric"].register("mean_iou")
def mean_iou(num_classes: int, *, background: bool = True) -> Any:
    """Intersection over union ``TP / (TP + FP + FN)`` of each class over all pixels of an epoch, on average.

    Classes that are neither there nor predicted are left out (Jaccard index; Everingham et
    al., 2010, average it so). Without the background it is called ``foreground_mean_iou``.

    Args:
        num_classes: How many classes there are.
        background: Whether class 0 is one of the classes.
    """
    first, name = (0, "mean_iou") if background else (1, "foreground_mean_iou")
    return _of_confusion(name, lambda matrix: _mean(*_intersections(matrix)[:2], first), num_classes)


@REGISTRIES["metric"].register("dice")
def dice(num_classes: int, *, background: bool = True) -> Any:
    """Dice coefficient ``2 TP / (2 TP + FP + FN)`` of each class over all pixels of an epoch, on average.

    Classes that are neither there nor predicted are left out. The same as F1 (Dice, 1945). Without the
    background it is called ``foreground_dice``.

    Args:
        num_classes: How many classes there are.
        background: Whether class 0 is one of the classes.
    """
    first, name = (0, "dice") if background else (1, "foreground_dice")

    def value(matrix: Any) -> Any:
        intersection, _, sizes = _intersections(matrix)
        return _mean(2 * intersection, sizes, first)

    return _of_confusion(name, value, num_classes)


@REGISTRIES["metric"].register("pixel_accuracy")
def pixel_accuracy(num_classes: int) -> Any:
    """Share of the pixels of an epoch whose class is predicted rightly.

    Args:
        num_classes: How many classes there are.
    """

    def value(matrix: Any) -> Any:
        from keras import ops

        return ops.divide_no_nan(ops.sum(_intersections(matrix)[0]), ops.sum(matrix))

    return _of_confusion("pixel_accuracy", value, num_classes)


def _intersections(matrix: Any) -> tuple[Any, Any, Any]:
    """Of each class: TP, TP + FP + FN and 2 TP + FP + FN, float32 ``(num_classes,)``."""
    from keras import ops

    right = ops.diagonal(matrix)
    sizes = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1)
    return right, sizes - right, sizes


def _mean(numerators: Any, denominators: Any, first: int) -> Any:
    """The mean quotient of the classes from `first` on whose denominator is not 0; 0 if there is none."""
    from keras import ops

    quotients = ops.divide_no_nan(numerators, denominators)[first:]
    there = ops.cast(denominators[first:] > 0, quotients.dtype)
    return ops.divide_no_nan(ops.sum(quotients), ops.sum(there))


def _of_confusion(name: str, value: Callable[[Any], Any], num_classes: int) -> Any:
    """A ``keras.metrics.Metric`` that is `value` of the confusion matrix of all pixels that count since it was reset.

    Keras's own ``MeanIoU`` counts in int32 and so overflows after 2 billion pixels of a class.
    """
    import keras
    from keras import ops

    class OfConfusion(keras.metrics.Metric):  # type: ignore[misc]
        """Counts pixels by true class (rows) and predicted class (columns)."""

        def __init__(self) -> None:
            # float32 whatever the precision of the model: half precision can't count to 70,000.
            super().__init__(name=name, dtype="float32")
            self._direction = "up"
            self.matrix = self.add_variable((num_classes, num_classes), "zeros", name="confusion")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            """Add masks ``(batch, height, width[, 1])`` and outputs ``(batch, height, width, num_classes)``.

            The greatest output is the prediction: logits and probabilities give the same. Weights
            are for losses: here each pixel counts once, or not at all.
            """
            labels, counts = labels_and_counting(ops.convert_to_tensor(y_true), y_pred)
            cells = labels * num_classes + ops.cast(ops.argmax(y_pred, axis=-1), "int32")
            # Whole numbers within a batch: a float32 that has come to 2^24 does not grow by 1 any more.
            ones = ops.reshape(ops.cast(counts, "int32"), (-1,))
            added = ops.segment_sum(ones, ops.reshape(cells, (-1,)), num_segments=num_classes**2)
            self.matrix.assign_add(ops.reshape(ops.cast(added, "float32"), (num_classes, num_classes)))

        def result(self) -> Any:
            """The metric so far."""
            return value(ops.convert_to_tensor(self.matrix))

    return OfConfusion()
