"""Losses of segmentation: soft Dice, and its sum with cross-entropy."""

from __future__ import annotations

from typing import Any

from shapenet.registry import REGISTRIES
from shapenet.tasks.segmentation.pixels import IGNORED, labels_and_counting, weights_of

_SMOOTH = 1.0
"""Added to numerator and denominator, so that a class of no pixels, rightly not predicted, costs nothing."""


@REGISTRIES["loss"].register("SoftDice")
def soft_dice(from_logits: bool, *, background: bool = True) -> Any:
    """One minus the Dice coefficient of the probabilities, of each class over a batch's pixels, on average.

    ``1 - (2 sum(w p y) + 1) / (sum(w p) + sum(w y) + 1)``, where y is 1 in pixels of the class,
    p their probability and w their weight. Every class counts the same, however small it is
    (Milletari et al., 2016; the form without squares is that of Drozdzal et al., 2016).

    Args:
        from_logits: Whether the outputs are logits rather than probabilities.
        background: Whether class 0 is one of the classes.
    """
    import keras
    from keras import ops

    class SoftDice(keras.losses.Loss):  # type: ignore[misc]
        """Masks ``(batch, height, width[, 1])`` against outputs ``(batch, height, width, num_classes)``."""

        def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            """The mean over classes; a pixel of weight 2 counts as two pixels do."""
            labels, counts = labels_and_counting(ops.convert_to_tensor(y_true), y_pred)
            weights = weights_of(counts, sample_weight, self.dtype)
            # Weights have their place in the sums over pixels, not in the mean over classes.
            return super().__call__((labels, weights), y_pred)

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """The loss of each class, ``(num_classes,)``."""
            labels, weights = y_true
            probabilities = ops.softmax(y_pred) if from_logits else y_pred
            truth = ops.one_hot(ops.cast(labels, "int32"), y_pred.shape[-1], dtype=self.dtype)
            weights = weights[..., None]
            weighted, pixels = weights * probabilities, (0, 1, 2)
            overlap = ops.sum(weighted * truth, axis=pixels)
            sizes = ops.sum(weighted, axis=pixels) + ops.sum(weights * truth, axis=pixels)
            losses = 1 - (2 * overlap + _SMOOTH) / (sizes + _SMOOTH)
            return losses if background else losses[1:]

    return SoftDice(name="soft_dice")


@REGISTRIES["loss"].register("DiceCrossentropy")
def dice_crossentropy(from_logits: bool, *, background: bool = True) -> Any:
    """The sum of soft Dice and cross-entropy, which trains steadily and minds small classes (Isensee et al., 2021).

    Args:
        from_logits: Whether the outputs are logits rather than probabilities.
        background: Whether class 0 is one of the classes of the Dice part.
    """
    import keras

    overlap = soft_dice(from_logits, background=background)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits, ignore_class=IGNORED)

    class DiceCrossentropy(keras.losses.Loss):  # type: ignore[misc]
        """Masks ``(batch, height, width[, 1])`` against outputs ``(batch, height, width, num_classes)``."""

        def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            """Both parts, each with the weights of pixels."""
            return overlap(y_true, y_pred, sample_weight) + entropy(y_true, y_pred, sample_weight)

    return DiceCrossentropy(name="dice_crossentropy")
