"""Judges a classifier of images that show any number of classes, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.rundir.csv_file import write_csv
from shapenet.tasks.classification.figures import Figures, Probabilities
from shapenet.tasks.classification.multi_figures import THRESHOLD, MultiLabelReport, Shown, judge
from shapenet.tasks.report import Files, Gallery, Matrix, Row, Table
from shapenet.words import counted

SEPARATOR = "|"
"""Stands between the classes of an image in predictions."""

_MAX_MISTAKES = 24


class MultiLabelEvaluator:
    """Keeps a float32 and a truth for each example and class; see `shapenet.tasks.report.Evaluator`.

    Args:
        classes: Class names in label order.
        field: The field that tells the classes of an image.
        num_examples: How many examples will come.
        logits: Whether the model gives logits rather than probabilities.
    """

    def __init__(self, classes: Sequence[str], field: str, num_examples: int, *, logits: bool) -> None:
        self._classes = tuple(classes)
        self._field = field
        self._logits = logits
        self._shown: Shown = np.zeros((num_examples, len(classes)), np.bool_)
        self._probabilities: Probabilities = np.zeros((num_examples, len(classes)), np.float32)

    def add(
        self, positions: npt.NDArray[Any], fields: Mapping[str, npt.NDArray[Any]], outputs: npt.NDArray[Any]
    ) -> None:
        """See `Evaluator.add`."""
        self._shown[positions] = fields[self._field] > THRESHOLD
        values = outputs.astype(np.float64)
        if self._logits:
            values = 0.5 * (1 + np.tanh(0.5 * values))  # the sigmoid, without overflow
        self._probabilities[positions] = values

    def report(self) -> MultiLabelJudgement:
        """See `Evaluator.report`."""
        figures = judge(self._shown, self._probabilities, self._classes)
        return MultiLabelJudgement(figures, self._shown, self._probabilities)


@dataclass(frozen=True, eq=False)
class MultiLabelJudgement:
    """How well a classifier does on one split; see `shapenet.tasks.report.Report`.

    Attributes:
        figures: Per class and on average.
        shown: Which classes each image shows, bool ``(n, num_classes)``.
        probabilities: Predicted probabilities, float32 ``(n, num_classes)``.
    """

    figures: MultiLabelReport
    shown: Shown
    probabilities: Probabilities

    def to_json(self) -> dict[str, Any]:
        """See `Report.to_json`."""
        return self.figures.to_json()

    def tables(self) -> Sequence[Table | Matrix]:
        """Per class, then on average. See `Report.tables`."""
        figures = self.figures
        per_class = zip(figures.classes, figures.per_class, figures.average_precision, strict=True)
        rows = [_row(name, own, precision) for name, own, precision in per_class]
        rows += [
            _row("mean over classes", figures.macro, figures.mean_average_precision, style="dim", section=True),
            _row("all answers together", figures.micro, None, style="dim"),
            Row(("all classes right", None, None, figures.subset_accuracy, None, figures.num_examples), "bold"),
        ]
        columns = ("class", "precision", "recall", "f1", "avg. precision", "examples")
        return (Table(columns, tuple(rows), f"a class counts as predicted from a probability of {THRESHOLD:g} on"),)

    def write(self, folder: Path, gallery: Gallery) -> Files:
        """Predictions and the worst mistakes. See `Report.write`."""
        predictions = folder / "predictions.csv"
        write_csv(predictions, self._predictions(gallery.names))
        pictures = (folder / "mistakes.png",) if self._write_mistakes(folder / "mistakes.png", gallery) else ()
        return Files(predictions, pictures)

    def _predictions(self, names: Sequence[str]) -> Iterator[Sequence[str]]:
        yield ["name", "labels", "predicted", *(f"p_{name}" for name in self.figures.classes)]
        for name, shown, values in zip(names, self.shown, self.probabilities, strict=True):
            labels = (self._named(shown), self._named(values >= THRESHOLD))
            yield [name, *labels, *(f"{value:.6g}" for value in values.tolist())]

    def _named(self, shown: npt.NDArray[np.bool_]) -> str:
        return SEPARATOR.join(self.figures.classes[number] for number in np.flatnonzero(shown))

    def _write_mistakes(self, path: Path, gallery: Gallery) -> bool:
        """Draw the images with the answers that are furthest off; without any wrong one, an older picture goes."""
        off = np.abs(self.probabilities - self.shown).max(axis=1, initial=0)
        wrong = np.flatnonzero((self.shown != (self.probabilities >= THRESHOLD)).any(axis=1))
        worst = wrong[np.argsort(-off[wrong], kind="stable")][:_MAX_MISTAKES]
        if not len(worst):
            path.unlink(missing_ok=True)
            return False
        captions = [
            f"{self._named(self.shown[number]) or '-'} as {self._named(self.probabilities[number] >= THRESHOLD) or '-'}"
            for number in worst
        ]
        heading = (
            f"{gallery.run_name}: mistakes on {gallery.subject}",
            f"the {counted(len(worst), 'image')} with the answers furthest off: classes as predicted classes",
        )
        gallery.write_sheet(path, gallery.images(worst.tolist()), captions, heading)
        return True


def _row(name: str, figures: Figures, precision: float | None, *, style: str = "", section: bool = False) -> Row:
    values = (figures.precision, figures.recall, figures.f1, precision, figures.support)
    return Row((name, *values), style, section)
