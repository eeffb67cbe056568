"""Class numbers of pixels in tensors, where -1 stands for a pixel that does not count."""

from __future__ import annotations

from typing import Any

IGNORED = -1
"""The class number of pixels that count neither in losses nor in metrics."""


def labels_and_counting(masks: Any, outputs: Any) -> tuple[Any, Any]:
    """The class of each pixel, and whether it counts.

    Args:
        masks: Class numbers ``(batch, height, width)`` or ``(batch, height, width, 1)``, of any type.
        outputs: What the model says of them, ``(batch, height, width, num_classes)``.

    Returns:
        int32 and bool, both ``(batch, height, width)``; pixels that don't count are of class 0.
    """
    from keras import ops

    labels = ops.cast(masks, "int32")
    if len(labels.shape) == len(outputs.shape):
        labels = ops.squeeze(labels, axis=-1)
    return ops.maximum(labels, 0), ops.greater_equal(labels, 0)


def weights_of(counts: Any, sample_weight: Any, dtype: str) -> Any:
    """How often each pixel counts: 0 times, or as its weight says.

    Args:
        counts: Whether it counts, bool ``(batch, height, width)``.
        sample_weight: Weights, ``(batch, height, width)`` or ``(batch,)``; None for 1.
        dtype: The type of the result.
    """
    from keras import ops

    weights = ops.cast(counts, dtype)
    if sample_weight is None:
        return weights
    given = ops.cast(sample_weight, dtype)
    return weights * (given[:, None, None] if len(given.shape) == 1 else given)
