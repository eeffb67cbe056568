"""Some images of a split, as many of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.batches import Split
from shapenet.data.inspect.values import values_at
from shapenet.data.split import limit_balanced

MASK = "mask"
_MOST_SIDE = 256


@dataclass(frozen=True)
class Samples:
    """Some records, as they are to be shown.

    Attributes:
        images: ``(height, width, channels)`` each; they may differ in size.
        captions: What to write below each.
        masks: Integers ``(height, width, 1)`` each, or None.
    """

    images: tuple[npt.NDArray[Any], ...]
    captions: tuple[str, ...]
    masks: tuple[npt.NDArray[Any], ...] | None = None


def choose(split: Split, num: int, seed: int) -> npt.NDArray[np.int64]:
    """Positions in a split of as equally many records of each class as there are, class by class.

    Args:
        split: The split.
        num: How many; all if there are fewer.
        seed: Decides which.
    """
    chosen = limit_balanced(split.labels, num, seed)
    return np.asarray(chosen[np.argsort(split.labels[chosen], kind="stable")], np.int64)


def samples_of(split: Split, positions: npt.NDArray[np.int64], classes: Sequence[str]) -> Samples:
    """Records of a split under the names of their classes.

    Of images of more than 256 pixels a side, whole blocks of pixels become one, so that many of
    them fit in memory.

    Args:
        split: The split.
        positions: Which of its records.
        classes: Class names in label order; none where there are no labels.
    """
    fields = split.store.meta.fields
    indices = split.indices[positions]
    images = tuple(_smaller(_read(split, "image", index)) for index in indices)
    masks = tuple(_thinned(_read(split, MASK, index)) for index in indices) if MASK in fields else None
    return Samples(images, tuple(classes[label] if classes else "" for label in split.labels[positions]), masks)


def _read(split: Split, name: str, index: int) -> npt.NDArray[Any]:
    (value,) = values_at(split.store, name, np.array([index]))
    return np.asarray(value)


def _step(image: npt.NDArray[Any]) -> int:
    longest = int(max(image.shape[:2]))
    return -(-longest // _MOST_SIDE)


def _smaller(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An image whose blocks of pixels have become their mean."""
    step = _step(image)
    if step == 1:
        return image
    starts = [np.arange(0, side, step) for side in image.shape[:2]]
    sums = np.add.reduceat(np.add.reduceat(image.astype(np.float64), starts[0], axis=0), starts[1], axis=1)
    rows, columns = (np.diff([*start, side]) for start, side in zip(starts, image.shape[:2], strict=True))
    means = sums / (rows[:, None] * columns)[..., None]
    return np.asarray(np.rint(means) if np.issubdtype(image.dtype, np.integer) else means, image.dtype)


def _thinned(mask: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A mask of which one pixel of each block is left."""
    step = _step(mask)
    return mask[::step, ::step]
