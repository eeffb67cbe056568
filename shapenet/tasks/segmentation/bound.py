"""Segmentation of masks whose classes are known: head, targets, weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.errors import ConfigError
from shapenet.registry import Component
from shapenet.tasks.base import Moves, Tensors
from shapenet.tasks.segmentation.classes import MaskClasses
from shapenet.tasks.segmentation.components import made_loss, made_metric
from shapenet.tasks.segmentation.evaluator import SegmentationEvaluator
from shapenet.tasks.segmentation.pixels import IGNORED
from shapenet.tasks.sides import Size, check_sides, in_words


class BoundSegmentation:
    """Softmax over the classes of each pixel.

    Args:
        mask: The field that holds the mask.
        size: Height and width of masks; None where they vary.
        classes: What its values stand for.
        counts: How often each value occurs in the train split, int64; None if only the data will tell the classes.

    Attributes:
        moves: The mask moves with the image.
    """

    def __init__(self, mask: str, size: Size, classes: MaskClasses, counts: npt.NDArray[np.int64] | None) -> None:
        self.moves = Moves(masks=(mask,))
        self._mask = mask
        self._size = size
        self._classes = classes
        self._counts = counts

    def head(self, features: Any, *, prefix: str) -> Any:
        """A 1 x 1 convolution to one logit a class, in float32. See `BoundTask.head`."""
        import keras

        if len(features.shape) != 4:
            message = f"the last layer gives {tuple(features.shape[1:])} for each image, which has no pixels"
            hint = "leave out Flatten, global pooling and dense layers: convolutions keep height and width"
            raise ConfigError("model/head", message, hint=hint)
        check_sides(tuple(features.shape[1:3]), self._size, "the mask")
        return keras.layers.Conv2D(len(self._classes.names), 1, dtype="float32", name=f"{prefix}logits")(features)

    def check_output(self, shape: tuple[int | None, ...]) -> None:
        """One value a class and pixel is expected. See `BoundTask.check_output`."""
        num_classes = len(self._classes.names)
        if len(shape) != 4 or shape[3] != num_classes:
            raise ConfigError(
                "model/output",
                f"the masks have {num_classes} classes: expected an output of {in_words(self._size)} x {num_classes}, "
                f"received {tuple(shape[1:])}",
                hint=f"end model.layers with Conv2D: {{filters: {num_classes}, kernel_size: 1, activation: softmax}}, "
                "or leave the output to the task with model.head: auto",
            )
        check_sides(shape[1:3], self._size, "the mask", is_output=True)

    def make(self, component: Component, *, logits: bool) -> Any:
        """A loss or metric of masks. See `BoundTask.make`.

        Raises:
            ConfigError: It is not one of masks.
        """
        num_classes = len(self._classes.names)
        if component.kind == "loss":
            return made_loss(component, num_classes, logits=logits)
        return made_metric(component, num_classes)

    def metric_hint(self, loss: Component) -> str | None:
        """Nothing: every metric of masks takes what every loss takes. See `BoundTask.metric_hint`."""
        return None

    def encode(self, batch: Tensors, loss: Component) -> Any:
        """Class numbers, int32 ``(batch, height, width)``; -1 where a pixel does not count. See `BoundTask.encode`."""
        import tensorflow as tf

        masks = tf.cast(batch[self._mask], tf.int32)
        if masks.shape.rank == 4:
            masks = tf.squeeze(masks, axis=-1)
        table = self._classes.table()
        last = len(table) - 1  # of no value
        return tf.gather(tf.constant(table), tf.where((masks < 0) | (masks > last), last, masks))

    def class_counts(self) -> Mapping[str, int]:
        """Pixels of each class in the train split, as far as they count. See `BoundTask.class_counts`."""
        if self._counts is None:
            return {}
        ignore = self._classes.ignore  # may be the number of a class
        there = {value: count for value, count in enumerate(self._counts.tolist()) if value != ignore}
        return {
            name: there.get(value, 0) for name, value in zip(self._classes.names, self._classes.values, strict=True)
        }

    def weights(self, batch: Tensors, class_weights: npt.NDArray[Any], loss: Component) -> Any:
        """The weight of each pixel's class, ``(batch, height, width)``. See `BoundTask.weights`."""
        import tensorflow as tf

        labels = self.encode(batch, Component("loss", "SparseCategoricalCrossentropy"))
        weights = tf.gather(tf.constant(class_weights, tf.float32), tf.maximum(labels, 0))
        return tf.where(labels == IGNORED, 0.0, weights)

    def uninformed(self, targets: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """The same for each class in each pixel. See `BoundTask.uninformed`."""
        num_classes = len(self._classes.names)
        return np.full((*targets.shape, num_classes), 0 if logits else 1 / num_classes, np.float32)

    def evaluator(self, num_examples: int, *, logits: bool) -> SegmentationEvaluator:
        """What judges a model on a split. See `BoundTask.evaluator`."""
        return SegmentationEvaluator(self._mask, self._classes, num_examples)
