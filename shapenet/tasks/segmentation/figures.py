"""Figures of a segmentation, from confusion matrices of pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shapenet.tasks.confusion import Counts, mean_known, number_or_null, quotients


@dataclass(frozen=True)
class ClassFigures:
    """How well the pixels of one class are found, from 0 to 1; NaN where a quotient is 0/0.

    Attributes:
        iou: Intersection over union, ``TP / (TP + FP + FN)``. NaN for a class that is neither
            there nor predicted.
        dice: Dice coefficient, ``2 TP / (2 TP + FP + FN)``. NaN where `iou` is.
        precision: Of the pixels predicted as the class, the share that is of it.
        recall: Of the pixels of the class, the share predicted as it.
        num_pixels: Number of its pixels.
        num_predicted: Number of pixels predicted as it.
    """

    iou: float
    dice: float
    precision: float
    recall: float
    num_pixels: int
    num_predicted: int

    def to_json(self) -> dict[str, float | int | None]:
        """The figures as JSON holds them; NaN becomes null."""
        return {name: number_or_null(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class Overlap:
    """How far one mask is that of another, from 0 to 1; NaN without pixels that count.

    Attributes:
        iou: Mean of the IoU of the classes that are there or predicted.
        dice: Mean of the Dice coefficient of the same.
        pixel_accuracy: Share of the pixels predicted rightly.
    """

    iou: float
    dice: float
    pixel_accuracy: float


def class_figures(confusion: Counts) -> tuple[ClassFigures, ...]:
    """The figures of each class."""
    right, true, predicted = _sizes(confusion)
    ratios = (
        quotients(right, true + predicted - right),
        quotients(2 * right, true + predicted),
        quotients(right, predicted),
        quotients(right, true),
    )
    columns = zip(*(ratio.tolist() for ratio in ratios), true.tolist(), predicted.tolist(), strict=True)
    return tuple(ClassFigures(*column) for column in columns)


def overlap_of(confusion: Counts) -> Overlap:
    """The means over classes, and over pixels."""
    right, true, predicted = _sizes(confusion)
    iou = quotients(right, true + predicted - right)
    dice = quotients(2 * right, true + predicted)
    total = int(true.sum())
    return Overlap(mean_known(iou), mean_known(dice), int(right.sum()) / total if total else math.nan)


def _sizes(confusion: Counts) -> tuple[Counts, Counts, Counts]:
    """Of each class the pixels found, true and predicted."""
    return np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
