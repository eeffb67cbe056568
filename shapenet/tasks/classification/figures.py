"""Figures of a classifier: per class, on average, which classes are mixed up, and which examples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.tasks.confusion import Counts, confusion_of, mean_known, number_or_null, quotients

Labels = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float32]
Quotients = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """Precision, recall and F1, from 0 to 1; NaN where a quotient is 0/0.

    Attributes:
        precision: Of the examples predicted as the class, the share that is of it.
            NaN for a class that is never predicted.
        recall: Of the examples of the class, the share predicted as it. NaN for a
            class without examples.
        f1: Harmonic mean of both, ``2 TP / (2 TP + FP + FN)``. NaN for a class with
            neither examples nor predictions.
        support: Number of examples.
    """

    precision: float
    recall: float
    f1: float
    support: int

    def to_json(self) -> dict[str, float | int | None]:
        """The figures as JSON holds them; NaN becomes null."""
        return {name: number_or_null(value) for name, value in vars(self).items()}


@dataclass(frozen=True, eq=False)
class ClassificationReport:
    """How well a classifier does on one split.

    Attributes:
        classes: Class names in label order.
        num_examples: Number of examples.
        accuracy: Share of the examples predicted rightly, from 0 to 1; NaN without examples.
        per_class: The figures of every class, in label order.
        macro: Means over classes, each class counting the same.
        weighted: Means over classes, each class counting as often as it has examples.
        confusion: Number of examples by true class (rows) and predicted class
            (columns). int64, shape ``(num_classes, num_classes)``.

    Means leave out classes whose figure is NaN, as scikit-learn does with
    ``zero_division=nan``.
    """

    classes: tuple[str, ...]
    num_examples: int
    accuracy: float
    per_class: tuple[Figures, ...]
    macro: Figures
    weighted: Figures
    confusion: Counts

    def to_json(self) -> dict[str, Any]:
        """The report as JSON holds it; NaN becomes null."""
        return {
            "num_examples": self.num_examples,
            "accuracy": number_or_null(self.accuracy),
            "macro": self.macro.to_json(),
            "weighted": self.weighted.to_json(),
            "per_class": [
                {"class": name, **figures.to_json()} for name, figures in zip(self.classes, self.per_class, strict=True)
            ],
            "confusion": self.confusion.tolist(),
        }


@dataclass(frozen=True)
class Mistake:
    """An example that was predicted wrongly.

    Attributes:
        index: Its position among the examples.
        label: Its class.
        predicted: The class predicted instead.
        confidence: Probability of the predicted class, from 0 to 1.
    """

    index: int
    label: int
    predicted: int
    confidence: float


def classify(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> ClassificationReport:
    """Compare predictions with labels.

    Args:
        labels: True classes, int64 from 0 to ``num_classes - 1``. Shape ``(n,)``.
        probabilities: Predicted probabilities, float32. Shape ``(n, num_classes)``.
        classes: Class names in label order.

    Raises:
        ValueError: Shapes or labels don't fit each other.
    """
    check_predictions(labels, probabilities, classes)
    confusion = confusion_of(labels, probabilities.argmax(axis=1), len(classes))
    hits, support, predicted = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision = quotients(hits, predicted)
    recall = quotients(hits, support)
    f1 = quotients(2 * hits, support + predicted)
    columns = (precision, recall, f1)
    return ClassificationReport(
        classes=tuple(classes),
        num_examples=len(labels),
        accuracy=float(hits.sum() / len(labels)) if len(labels) else math.nan,
        per_class=tuple(
            Figures(float(p), float(r), float(f), int(s))
            for p, r, f, s in zip(precision, recall, f1, support, strict=True)
        ),
        macro=means(columns, np.ones_like(support), len(labels)),
        weighted=means(columns, support, len(labels)),
        confusion=confusion,
    )


def mistakes(labels: Labels, probabilities: Probabilities, *, limit: int = 24) -> tuple[Mistake, ...]:
    """The wrong predictions that the model was surest of, the surest first.

    Args:
        labels: True classes. Shape ``(n,)``.
        probabilities: Predicted probabilities. Shape ``(n, num_classes)``.
        limit: How many to return at most.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    confidence = probabilities[wrong, predicted[wrong]]
    surest = wrong[np.argsort(-confidence, kind="stable")][:limit]
    return tuple(
        Mistake(int(i), int(labels[i]), int(predicted[i]), float(probabilities[i, predicted[i]])) for i in surest
    )


def check_predictions(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> None:
    """Check that labels and predictions fit each other.

    Raises:
        ValueError: Shapes or labels don't fit each other.
    """
    expected = (len(labels), len(classes))
    if labels.ndim != 1 or probabilities.shape != expected or not classes:
        raise ValueError(
            f"Expected labels (n,) and probabilities (n, {len(classes)}). "
            f"Received: labels {labels.shape}, probabilities {probabilities.shape}"
        )
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < len(classes):
        raise ValueError(
            f"Expected labels from 0 to {len(classes) - 1}. Received: {int(labels.min())} to {int(labels.max())}"
        )


def means(columns: Sequence[Quotients], weights: Counts, num_examples: int) -> Figures:
    """Means of precision, recall and F1 over the classes whose figure is known, as `weights` weigh them."""
    precision, recall, f1 = (mean_known(column, weights) for column in columns)
    return Figures(precision, recall, f1, num_examples)
