"""Keras's losses of vectors over the classes, on masks of class numbers."""

from __future__ import annotations

from typing import Any

from shapenet.tasks.segmentation.pixels import labels_and_counting, weights_of


def on_pixels(loss: Any, num_classes: int) -> Any:
    """A ``keras.losses.Loss`` of masks: `loss` of each pixel, on average over those that count.

    Args:
        loss: A ``keras.losses.Loss`` that gives a value for each vector, and takes outputs as they are.
        num_classes: How many classes there are.
    """
    import keras
    from keras import ops

    class OnPixels(keras.losses.Loss):  # type: ignore[misc]
        """Masks ``(batch, height, width[, 1])`` become vectors ``(batch, height, width, num_classes)``."""

        def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            """The weighted sum over pixels, over the number of those that count."""
            labels, counts = labels_and_counting(ops.convert_to_tensor(y_true), y_pred)
            weights = weights_of(counts, sample_weight, self.dtype)
            if self.reduction not in (None, "none", "sum"):
                weights = ops.divide_no_nan(weights, ops.mean(ops.cast(counts, self.dtype)))
            return super().__call__(ops.one_hot(labels, num_classes), y_pred, weights)

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """The loss of each pixel."""
            return loss.call(y_true, y_pred)

    return OnPixels(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)


def on_regions(loss: Any, num_classes: int, *, logits: bool) -> Any:
    """A ``keras.losses.Loss`` of masks: Keras's ``Dice`` or ``Tversky`` loss over the pixels that count, weighted.

    Keras's own formula has no place for weights of pixels; without weights this gives what it does.

    Args:
        loss: ``keras.losses.Dice`` or ``keras.losses.Tversky``; Dice is Tversky with ``alpha = beta = 0.5``.
        num_classes: How many classes there are.
        logits: Whether the outputs are logits.
    """
    import keras
    from keras import ops

    alpha, beta = getattr(loss, "alpha", 0.5), getattr(loss, "beta", 0.5)

    class OnRegions(keras.losses.Loss):  # type: ignore[misc]
        """Masks ``(batch, height, width[, 1])`` against outputs ``(batch, height, width, num_classes)``."""

        def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            """A pixel of weight 2 counts as two pixels do."""
            labels, counts = labels_and_counting(ops.convert_to_tensor(y_true), y_pred)
            weights = weights_of(counts, sample_weight, self.dtype)
            return super().__call__((ops.one_hot(labels, num_classes), weights), y_pred)

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """``1 - TP / (TP + alpha FP + beta FN)``, with Keras's roles of alpha and beta, over the loss's axes."""
            true, weights = y_true
            weights = weights[..., None]
            probabilities = ops.softmax(y_pred) if logits else y_pred
            right, missed, wrong = (
                ops.sum(weights * part, axis=loss.axis)
                for part in (true * probabilities, true * (1 - probabilities), (1 - true) * probabilities)
            )
            return 1 - right / (right + alpha * missed + beta * wrong + keras.config.epsilon())

    return OnRegions(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
