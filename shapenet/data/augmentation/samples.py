"""Images and what augmentation makes of them, for a contact sheet."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.augmentation.layers import value_range
from shapenet.data.batches import Split

_MIXED = 0.005
"""A class with a smaller share of a mixed label is not told."""


def augmented_samples(
    augmenter: Augmenter, split: Split, positions: npt.NDArray[np.int64], classes: tuple[str, ...], *, versions: int
) -> tuple[list[npt.NDArray[np.uint8]], list[str]]:
    """Images of a split, each followed by versions of it.

    The images go through the augmentations together, as a batch of theirs would in the first
    steps of a training, so that what blends images has others to blend with.

    Args:
        augmenter: The augmentations.
        split: Where the images are.
        positions: Which of them, ``(n,)``.
        classes: Class names in label order.
        versions: How many augmented ones follow each image, at least 1.

    Returns:
        ``n * (1 + versions)`` images for `contact_sheet`, uint8 ``(height, width, channels)``, in
        rows of ``1 + versions``, and a caption for each: the class, or the shares of those mixed.
    """
    import tensorflow as tf

    images, labels = split.images(positions), split.labels[positions]
    columns = [(images, labels)]
    for step in range(versions):
        with tf.device("CPU:0"):  # where the input pipeline runs
            changed = augmenter({"image": tf.constant(images), "label": tf.constant(labels)}, 0, step)
        columns.append((changed["image"].numpy(), changed["label"].numpy()))
    tiles = [(image[row], label[row]) for row in range(len(positions)) for image, label in columns]
    return [_as_uint8(image) for image, _ in tiles], [_caption(label, classes) for _, label in tiles]


def _as_uint8(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    top = value_range(image.dtype.name)[1]
    return np.clip(np.rint(image * (255 / top)), 0, 255).astype(np.uint8)


def _caption(label: npt.NDArray[Any], classes: tuple[str, ...]) -> str:
    """The class of a label, or the shares of a mixed one: ``ring 70% · star 30%``."""
    if label.ndim == 0:
        return classes[int(label)]
    shares = [(classes[index], label[index]) for index in np.argsort(-label) if label[index] >= _MIXED]
    return shares[0][0] if len(shares) == 1 else " · ".join(f"{name} {share:.0%}" for name, share in shares)
