"""Images and what augmentation makes of them, for a contact sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.batches import Split
from shapenet.data.inspect.view import viewable

_Labelled = tuple[npt.NDArray[Any], npt.NDArray[Any]]
"""An image and its label, or several."""

_MIXED = 0.005
"""A class with a smaller share of a mixed label is not told."""


def augmented_samples(
    augmenter: Augmenter, split: Split, positions: npt.NDArray[np.int64], classes: tuple[str, ...], *, versions: int
) -> tuple[list[npt.NDArray[np.uint8]], list[str]]:
    """Images of a split, each followed by versions of it.

    The images of one size go through the augmentations together, as a batch of theirs would in the
    first steps of a training, so that what blends images has others to blend with.

    Args:
        augmenter: The augmentations.
        split: Where the images are.
        positions: Which of them, ``(n,)``.
        classes: Class names in label order.
        versions: How many augmented ones follow each image, at least 1.

    Returns:
        ``n * (1 + versions)`` images for `contact_sheet`, as `viewable` gives them, in
        rows of ``1 + versions``, and a caption for each: the class, or the shares of those mixed.
    """
    sizes = split.sizes()[positions] if split.is_ragged else np.zeros(len(positions), np.int64)
    rows: list[list[_Labelled]] = [[] for _ in positions]
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        for images, labels in _columns(augmenter, split, positions[members], versions):
            for member, image, label in zip(members, images, labels, strict=True):
                rows[member].append((image, label))
    tiles = [tile for row in rows for tile in row]
    return viewable([image for image, _ in tiles]), [_caption(label, classes) for _, label in tiles]


def _columns(
    augmenter: Augmenter, split: Split, positions: npt.NDArray[np.int64], versions: int
) -> Iterator[_Labelled]:
    """Images of one size and their labels as they are, then each version of all of them."""
    import tensorflow as tf

    batch = {name: split.take(name, positions) for name in augmenter.fields}
    labels = split.labels[positions]
    yield batch["image"], labels
    for step in range(versions):
        with tf.device("CPU:0"):  # where the input pipeline runs
            changed = augmenter({name: tf.constant(values) for name, values in batch.items()}, 0, step)
        yield changed["image"].numpy(), changed["label"].numpy() if "label" in changed else labels


def _caption(label: npt.NDArray[Any], classes: tuple[str, ...]) -> str:
    """The class of a label, or the shares of a mixed one: ``ring 70% · star 30%``."""
    if label.ndim == 0:
        return classes[int(label)] if classes else ""
    shares = [(classes[index], label[index]) for index in np.argsort(-label) if label[index] >= _MIXED]
    return shares[0][0] if len(shares) == 1 else " · ".join(f"{name} {share:.0%}" for name, share in shares)
