"""The report on a segmentation: figures, tables and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.rundir.csv_file import write_csv
from shapenet.tasks.confusion import Counts, mean_known, number_or_null, write_confusion_csv
from shapenet.tasks.confusion_plot import write_confusion_plot
from shapenet.tasks.examples import Example
from shapenet.tasks.report import Files, Gallery, Matrix, Row, Table
from shapenet.tasks.segmentation.figures import ClassFigures, Overlap, class_figures, overlap_of
from shapenet.tasks.segmentation.picture import write_picture
from shapenet.words import counted

_NOTE = "Classes that are neither there nor predicted are left out of means."


@dataclass(frozen=True, eq=False)
class SegmentationReport:
    """How well a model segments the images of one split.

    Attributes:
        classes: Names of the classes; class 0 is taken for the background.
        confusion: Pixels by true class (row) and predicted class (column), int64.
        overlaps: Mean IoU, mean Dice and pixel accuracy of each image, float64 ``(n, 3)``.
        chosen: Examples to draw, by what they are.
    """

    classes: tuple[str, ...]
    confusion: Counts
    overlaps: npt.NDArray[np.float64]
    chosen: Mapping[str, Sequence[Example]]

    @cached_property
    def per_class(self) -> tuple[ClassFigures, ...]:
        """The figures of each class over all pixels of the split."""
        return class_figures(self.confusion)

    @cached_property
    def overall(self) -> Overlap:
        """The means of these, and the share of pixels predicted rightly."""
        return overlap_of(self.confusion)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON holds it; NaN becomes null."""
        foreground = self.per_class[1:]
        figures = {
            "mean_iou": self.overall.iou,
            "dice": self.overall.dice,
            "pixel_accuracy": self.overall.pixel_accuracy,
            "foreground_mean_iou": mean_known([figures.iou for figures in foreground]),
            "foreground_dice": mean_known([figures.dice for figures in foreground]),
            "mean_iou_per_image": mean_known(self.overlaps[:, 0]),
        }
        return {
            "num_examples": len(self.overlaps),
            "num_pixels": self._num_pixels,
            **{name: number_or_null(value) for name, value in figures.items()},
            "per_class": [
                {"class": name, **figures.to_json()} for name, figures in zip(self.classes, self.per_class, strict=True)
            ],
            "confusion": self.confusion.tolist(),
        }

    def tables(self) -> Sequence[Table | Matrix]:
        """The figures of each class and their means, then the confusion matrix of pixels."""
        rows = [Row((name, *_cells(figures))) for name, figures in zip(self.classes, self.per_class, strict=True)]
        rows += [
            Row(("mean over classes", *_means(self.per_class), self._num_pixels), "dim", section=True),
            Row((f"mean without {self.classes[0]}", *_means(self.per_class[1:]), None), "dim"),
            Row(("mean over images", *map(mean_known, self.overlaps[:, :2].T), None, None, None), "dim"),
            Row(("pixel accuracy", None, None, None, self.overall.pixel_accuracy, self._num_pixels), "bold"),
        ]
        columns = ("class", "IoU", "Dice", "precision", "recall", "pixels")
        return Table(columns, tuple(rows), _NOTE), Matrix(self.classes, self.confusion)

    def write(self, folder: Path, gallery: Gallery) -> Files:
        """Write the figures of each image, the confusion matrix, and the picture of examples. See `Report.write`."""
        write_csv(folder / "predictions.csv", self._predictions(gallery.names))
        write_confusion_csv(folder / "confusion.csv", self.classes, self.confusion)
        pictures = [folder / "confusion.png"]
        note = (
            f"pixel accuracy {_percent(self.overall.pixel_accuracy)}  ·  {gallery.subject}, {self._num_pixels:,} pixels"
        )
        write_confusion_plot(pictures[0], self.classes, self.confusion, title=gallery.run_name, note=note)
        if self._write_masks(folder / "masks.png", gallery):
            pictures.append(folder / "masks.png")
        return Files(folder / "predictions.csv", tuple(pictures))

    def _write_masks(self, path: Path, gallery: Gallery) -> bool:
        """Draw examples; where no pixel counts, an older picture goes. Returns whether there are some."""
        if not self.chosen:
            path.unlink(missing_ok=True)
            return False
        overall = self.overall
        summary = (
            f"mean IoU {overall.iou:.3f}  ·  Dice {overall.dice:.3f}  ·  pixel accuracy "
            f"{_percent(overall.pixel_accuracy)}  ·  {counted(len(self.overlaps), 'image')}"
        )
        write_picture(path, self.chosen, gallery, self.classes, summary)
        return True

    @property
    def _num_pixels(self) -> int:
        return int(self.confusion.sum())

    def _predictions(self, names: Sequence[str]) -> Iterator[Sequence[str]]:
        """Each image's name, ``iou`` and ``dice`` (means over its classes) and ``pixel_accuracy``."""
        yield "name", "iou", "dice", "pixel_accuracy"
        for name, values in zip(names, self.overlaps.tolist(), strict=True):
            yield name, *("" if np.isnan(value) else f"{value:.6g}" for value in values)


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{share:.2%}"


def _cells(figures: ClassFigures) -> tuple[float, float, float, float, int]:
    return figures.iou, figures.dice, figures.precision, figures.recall, figures.num_pixels


def _means(per_class: Sequence[ClassFigures]) -> tuple[float, ...]:
    return tuple(
        mean_known([getattr(one, name) for one in per_class]) for name in ("iou", "dice", "precision", "recall")
    )
