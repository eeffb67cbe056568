"""Figures of a classifier that judges each class by itself: per class, on average, and of whole answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.tasks.classification.figures import Figures, Probabilities, Quotients, means
from shapenet.tasks.confusion import mean_known, number_or_null, quotients

Shown = npt.NDArray[np.bool_]
"""Whether each image shows each class, ``(n, num_classes)``."""

THRESHOLD = 0.5
"""A class is predicted from this probability on."""


@dataclass(frozen=True)
class MultiLabelReport:
    """How well a classifier does on one split where images show any number of classes.

    Attributes:
        classes: Class names in label order.
        num_examples: Number of examples.
        subset_accuracy: Share of the examples whose classes are all predicted and no others; NaN without examples.
        per_class: The figures of every class, in label order; a class counts as predicted from `THRESHOLD` on.
        average_precision: Of every class, in label order: see `average_precision`.
        macro: Means over classes, each class counting the same.
        micro: The figures of all answers together, as if they were one class.
        mean_average_precision: Mean of `average_precision` over the classes that have examples.
    """

    classes: tuple[str, ...]
    num_examples: int
    subset_accuracy: float
    per_class: tuple[Figures, ...]
    average_precision: tuple[float, ...]
    macro: Figures
    micro: Figures
    mean_average_precision: float

    def to_json(self) -> dict[str, Any]:
        """The report as JSON holds it; NaN becomes null."""
        per_class = zip(self.classes, self.per_class, self.average_precision, strict=True)
        return {
            "num_examples": self.num_examples,
            "subset_accuracy": number_or_null(self.subset_accuracy),
            "mean_average_precision": number_or_null(self.mean_average_precision),
            "macro": self.macro.to_json(),
            "micro": self.micro.to_json(),
            "per_class": [
                {"class": name, **figures.to_json(), "average_precision": number_or_null(precision)}
                for name, figures, precision in per_class
            ],
        }


def judge(shown: Shown, probabilities: Probabilities, classes: Sequence[str]) -> MultiLabelReport:
    """Compare predictions with what images show.

    Args:
        shown: Shape ``(n, num_classes)``.
        probabilities: Of each class by itself, float32. Shape ``(n, num_classes)``.
        classes: Class names in label order.
    """
    predicted = probabilities >= THRESHOLD
    hits, support, made = ((both).sum(axis=0) for both in (shown & predicted, shown, predicted))
    precisions = [average_precision(shown[:, number], probabilities[:, number]) for number in range(len(classes))]
    columns = (quotients(hits, made), quotients(hits, support), quotients(2 * hits, support + made))
    precision, recall, f1 = columns
    all_hits, all_shown, all_made = (np.array([counts.sum()]) for counts in (hits, support, made))
    micro = (
        quotients(all_hits, all_made),
        quotients(all_hits, all_shown),
        quotients(2 * all_hits, all_shown + all_made),
    )
    return MultiLabelReport(
        classes=tuple(classes),
        num_examples=len(shown),
        subset_accuracy=float((shown == predicted).all(axis=1).mean()) if len(shown) else math.nan,
        per_class=tuple(
            Figures(float(p), float(r), float(f), int(n))
            for p, r, f, n in zip(precision, recall, f1, support, strict=True)
        ),
        average_precision=tuple(precisions),
        macro=means(columns, np.ones_like(support), len(shown)),
        micro=means(micro, np.ones(1, np.int64), int(support.sum())),
        mean_average_precision=mean_known(precisions),
    )


def average_precision(shown: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> float:
    """The mean of the precisions at every threshold, each weighed by the recall that it adds.

    ``sum((R[k] - R[k - 1]) * P[k])`` over the distinct probabilities from the highest down, as scikit-learn
    computes it; not interpolated.

    Args:
        shown: Whether each image shows the class. Shape ``(n,)``.
        probabilities: Of the class. Shape ``(n,)``.

    Returns:
        From 0 to 1; NaN where no image shows the class.
    """
    if not shown.any():
        return math.nan
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(shown[order])
    last_of_equal = np.flatnonzero(np.append(np.diff(probabilities[order]) != 0, True))
    precision: Quotients = hits[last_of_equal] / (last_of_equal + 1)
    recall: Quotients = hits[last_of_equal] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))
