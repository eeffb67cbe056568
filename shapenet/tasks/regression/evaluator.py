"""Judges a regression batch by batch: errors of each number, predictions, worst examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.rundir.csv_file import write_csv
from shapenet.tasks.regression.figures import RegressionFigures, Values, regress
from shapenet.tasks.regression.marks import with_marks
from shapenet.tasks.regression.numbers import Numbers
from shapenet.tasks.regression.scale import Scale
from shapenet.tasks.regression.scatter import write_scatter
from shapenet.tasks.report import Files, Gallery, Matrix, Row, Table
from shapenet.words import counted

_NUM_WORST = 24
_TILE = 128


class RegressionEvaluator:
    """Keeps true and predicted numbers of each example; see `shapenet.tasks.report.Evaluator`.

    Args:
        fields: The fields that the numbers stand in.
        numbers: What they are.
        scale: How to compare them with each other.
        num_examples: How many examples will come.
    """

    def __init__(self, fields: Sequence[str], numbers: Numbers, scale: Scale, num_examples: int) -> None:
        self._fields, self._numbers, self._scale = fields, numbers, scale
        self._true: Values = np.zeros((num_examples, len(numbers)))
        self._predicted: Values = np.zeros((num_examples, len(numbers)))

    def add(
        self, positions: npt.NDArray[Any], fields: Mapping[str, npt.NDArray[Any]], outputs: npt.NDArray[Any]
    ) -> None:
        """See `Evaluator.add`."""
        columns = [fields[name].reshape(len(positions), -1) for name in self._fields]
        self._true[positions] = np.concatenate(columns, axis=1)
        self._predicted[positions] = self._scale.values(outputs)

    def report(self) -> RegressionReport:
        """See `Evaluator.report`."""
        figures = regress(self._true, self._predicted, self._numbers, self._scale)
        return RegressionReport(figures, self._numbers, self._true, self._predicted)


@dataclass(frozen=True, eq=False)
class RegressionReport:
    """How far off a regression is on one split; see `shapenet.tasks.report.Report`.

    Attributes:
        figures: Of each number and each example.
        numbers: What the numbers are.
        true: True values in the user's units, float64 ``(n, numbers)``.
        predicted: Predicted values.
    """

    figures: RegressionFigures
    numbers: Numbers
    true: Values
    predicted: Values

    def to_json(self) -> dict[str, Any]:
        """See `Report.to_json`."""
        named = zip(self.numbers.each, self.figures.per_number, strict=True)
        per_number = [{"number": number.name, **figures.to_json()} for number, figures in named]
        points = [
            {"point": name, "mean_distance": distance if len(self.true) else None}
            for name, distance in zip(self._point_names(), self.figures.distances, strict=True)
        ]
        return {"num_examples": len(self.true), "per_number": per_number, **({"points": points} if points else {})}

    def tables(self) -> Sequence[Table | Matrix]:
        """Each number, then each point. See `Report.tables`."""
        rows = [
            Row((number.name, figures.mae, figures.rmse, figures.r2, figures.bias))
            for number, figures in zip(self.numbers.each, self.figures.per_number, strict=True)
        ]
        caption = f"{counted(len(self.true), 'example')}; mae, rmse and bias in each number's own unit"
        tables = [Table(("number", "mae", "rmse", "r2", "bias"), tuple(rows), caption)]
        if self.numbers.points:
            distances = zip(self._point_names(), self.figures.distances, strict=True)
            tables.append(Table(("point", "mean distance in pixels"), tuple(map(Row, distances))))
        return tables

    def write(self, folder: Path, gallery: Gallery) -> Files:
        """Predictions, true against predicted values, and the worst examples. See `Report.write`."""
        predictions = folder / "predictions.csv"
        write_csv(predictions, self._predictions(gallery.names))
        pictures = [folder / "scatter.png"]
        write_scatter(pictures[0], self, run_name=gallery.run_name, split=gallery.subject)
        if len(self.true):
            pictures.append(folder / "worst.png")
            self._write_worst(pictures[1], gallery)
        else:
            (folder / "worst.png").unlink(missing_ok=True)
        return Files(predictions, tuple(pictures))

    def _predictions(self, names: Sequence[str]) -> Iterator[Sequence[str]]:
        """A line for each example: its name and error, then true value, prediction and error of each number."""
        columns = [part for n in self.numbers.each for part in (n.name, f"{n.name}_predicted", f"{n.name}_error")]
        yield ["name", "standardised_error", *columns]
        triples = np.stack([self.true, self.predicted, self.figures.errors], axis=2).reshape(
            len(self.true), 3 * len(self.numbers)
        )
        for name, error, row in zip(names, self.figures.example_errors, triples, strict=True):
            yield [name, f"{error:.6g}", *(f"{value:.6g}" for value in row)]

    def _write_worst(self, path: Path, gallery: Gallery) -> None:
        worst = self.figures.worst(_NUM_WORST)
        images = gallery.images(worst)
        if self.numbers.points:
            pairs = np.array(self.numbers.points)
            images = [
                with_marks(image, self.true[position][pairs], self.predicted[position][pairs], side=_TILE)
                for image, position in zip(images, worst, strict=True)
            ]
        below = (
            f"the {counted(len(worst), 'example')} farthest off: true and predicted value of the number most in error"
        )
        if self.numbers.points:
            below += "; ring: true position, cross: predicted"
        heading = (f"{gallery.run_name}: worst examples of {gallery.subject}", below)
        gallery.write_sheet(path, images, [self._caption(position) for position in worst], heading, tile=_TILE)

    def _caption(self, position: int) -> str:
        """``size 24.1, 31.0`` of the number that is farthest off by the measure of its own errors."""
        errors = np.abs(self.figures.errors[position])
        rmse = np.array([figures.rmse or 1.0 for figures in self.figures.per_number])
        number = int(np.argmax(errors / rmse))
        true, predicted = self.true[position, number], self.predicted[position, number]
        return f"{self.numbers.each[number].name} {true:.4g}, {predicted:.4g}"

    def _point_names(self) -> list[str]:
        """``centre`` where both coordinates are of one field of that shape, ``x, y`` otherwise."""
        each = self.numbers.each
        return [
            each[x].name.removesuffix("_x") if each[x].field == each[y].field else f"{each[x].name}, {each[y].name}"
            for x, y in self.numbers.points
        ]
