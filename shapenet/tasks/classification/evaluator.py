"""Judges a classifier batch by batch: figures, confusion matrix, predictions, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.tasks.classification.figures import (
    ClassificationReport,
    Figures,
    Labels,
    Probabilities,
    classify,
    mistakes,
)
from shapenet.tasks.classification.predictions import write_predictions
from shapenet.tasks.confusion import write_confusion_csv
from shapenet.tasks.confusion_plot import write_confusion_plot
from shapenet.tasks.report import Files, Gallery, Matrix, Row, Table
from shapenet.words import counted


class ClassEvaluator:
    """Keeps a float32 for each example and class; see `shapenet.tasks.report.Evaluator`.

    Args:
        classes: Class names in label order.
        num_examples: How many examples will come.
        logits: Whether the model gives logits rather than probabilities.
    """

    def __init__(self, classes: Sequence[str], num_examples: int, *, logits: bool) -> None:
        self._classes = tuple(classes)
        self._logits = logits
        self._labels: Labels = np.zeros(num_examples, np.int64)
        self._probabilities: Probabilities = np.zeros((num_examples, len(classes)), np.float32)

    def add(
        self, positions: npt.NDArray[Any], fields: Mapping[str, npt.NDArray[Any]], outputs: npt.NDArray[Any]
    ) -> None:
        """See `Evaluator.add`."""
        self._labels[positions] = fields["label"]
        self._probabilities[positions] = probabilities_of(outputs, logits=self._logits)

    def report(self) -> ClassReport:
        """See `Evaluator.report`."""
        figures = classify(self._labels, self._probabilities, self._classes)
        return ClassReport(figures, self._labels, self._probabilities)


def probabilities_of(outputs: npt.NDArray[Any], *, logits: bool) -> Probabilities:
    """What a model's outputs say, float32 of shape ``(n, num_classes)``.

    Rows made of logits add up to 1: they are computed in float64. Outputs that are probabilities already
    stay as they are: those of a sigmoid judge each class by itself, so their rows need not add up to 1.

    Args:
        outputs: Shape ``(n, num_classes)``.
        logits: Whether they are logits, of a softmax.
    """
    values = outputs.astype(np.float64)
    if logits:
        values = np.exp(values - values.max(axis=-1, keepdims=True))
        values /= values.sum(axis=-1, keepdims=True)
    return values.astype(np.float32)


@dataclass(frozen=True, eq=False)
class ClassReport:
    """How well a classifier does on one split; see `shapenet.tasks.report.Report`.

    Attributes:
        figures: Per class and on average, with the confusion matrix.
        labels: True classes, int64 ``(n,)``.
        probabilities: Predicted probabilities, float32 ``(n, num_classes)``.
    """

    figures: ClassificationReport
    labels: Labels
    probabilities: Probabilities

    def to_json(self) -> dict[str, Any]:
        """See `Report.to_json`."""
        return self.figures.to_json()

    def tables(self) -> Sequence[Table | Matrix]:
        """Per class, then who is taken for whom. See `Report.tables`."""
        figures = self.figures
        rows = [Row((name, *_values(own))) for name, own in zip(figures.classes, figures.per_class, strict=True)]
        rows += [
            Row(("mean over classes", *_values(figures.macro)), "dim", section=True),
            Row(("mean weighted by examples", *_values(figures.weighted)), "dim"),
            Row(("accuracy", None, None, figures.accuracy, figures.num_examples), "bold"),
        ]
        return Table(("class", "precision", "recall", "f1", "examples"), tuple(rows)), Matrix(
            figures.classes, figures.confusion
        )

    def write(self, folder: Path, gallery: Gallery) -> Files:
        """Predictions, the confusion matrix as CSV and picture, and mistakes. See `Report.write`."""
        figures, predictions = self.figures, folder / "predictions.csv"
        write_predictions(predictions, gallery.names, self.labels, self.probabilities, figures.classes)
        write_confusion_csv(folder / "confusion.csv", figures.classes, figures.confusion)
        pictures = [folder / "confusion.png"]
        accuracy = "-" if np.isnan(figures.accuracy) else f"{figures.accuracy:.2%}"
        note = f"accuracy {accuracy}  ·  {gallery.subject}, {figures.num_examples:,} examples"
        write_confusion_plot(pictures[0], figures.classes, figures.confusion, title=gallery.run_name, note=note)
        if self._write_mistakes(folder / "mistakes.png", gallery):
            pictures.append(folder / "mistakes.png")
        return Files(predictions, tuple(pictures))

    def _write_mistakes(self, path: Path, gallery: Gallery) -> bool:
        """Draw the surest mistakes; without any, an older picture goes. Returns whether there are some."""
        wrong = mistakes(self.labels, self.probabilities)
        if not wrong:
            path.unlink(missing_ok=True)
            return False
        classes = self.figures.classes
        captions = [f"{classes[m.label]} as {classes[m.predicted]} ({m.confidence:.0%})" for m in wrong]
        heading = (
            f"{gallery.run_name}: mistakes on {gallery.subject}",
            f"the {counted(len(wrong), 'mistake')} it was surest of: class as predicted class (probability)",
        )
        gallery.write_sheet(path, gallery.images([mistake.index for mistake in wrong]), captions, heading)
        return True


def _values(figures: Figures) -> tuple[float, float, float, int]:
    return figures.precision, figures.recall, figures.f1, figures.support
