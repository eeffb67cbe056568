"""Figures of a regression: how far off each number is, and which examples are worst."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.tasks.confusion import number_or_null
from shapenet.tasks.regression.numbers import Numbers
from shapenet.tasks.regression.scale import Scale

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """How far off one number is, in its own unit; NaN without examples.

    Attributes:
        mae: Mean absolute error.
        rmse: Root of the mean squared error.
        r2: Coefficient of determination, an angle's as the metric `R2` has it; NaN where the true
            values don't differ.
        bias: Mean error: above 0 if predictions are too high.
    """

    mae: float
    rmse: float
    r2: float
    bias: float

    def to_json(self) -> dict[str, float | None]:
        """The figures as JSON holds them; NaN becomes null."""
        return {name: number_or_null(value) for name, value in vars(self).items()}


@dataclass(frozen=True, eq=False)
class RegressionFigures:
    """How far off all numbers are.

    Attributes:
        per_number: The figures of each number.
        distances: For each point in the image the mean distance in pixels between true and predicted position.
        example_errors: The root mean square of the standardised errors of each example, ``(n,)``.
        errors: Predicted minus true values, of angles the shorter way round, ``(n, numbers)``.
    """

    per_number: tuple[Figures, ...]
    distances: tuple[float, ...]
    example_errors: Values
    errors: Values

    def worst(self, limit: int) -> list[int]:
        """Positions of the examples that are farthest off, the worst first."""
        return [int(position) for position in np.argsort(-self.example_errors, kind="stable")[:limit]]


def regress(true: Values, predicted: Values, numbers: Numbers, scale: Scale) -> RegressionFigures:
    """Compare predictions with true values.

    Args:
        true: In the user's units, ``(n, numbers)``.
        predicted: The same.
        numbers: What they are.
        scale: How to compare numbers with each other.
    """
    errors = scale.errors(true, predicted)
    figures = tuple(_figures(true[:, i], errors[:, i], number.period) for i, number in enumerate(numbers.each))
    distances = tuple(_mean(np.hypot(errors[:, x], errors[:, y])) for x, y in numbers.points)
    squares = [
        _chord(errors[:, i], number.period) ** 2 if number.period else (errors[:, i] / scale.stds[i]) ** 2
        for i, number in enumerate(numbers.each)
    ]
    return RegressionFigures(figures, distances, np.sqrt(sum(squares) / scale.num_standardised), errors)


def _figures(true: Values, errors: Values, period: float) -> Figures:
    if period:
        turns = true * (math.tau / period)
        points = np.stack([np.sin(turns), np.cos(turns)])
        residues, spread = (_chord(errors, period) ** 2).sum(), (points - _means(points)) ** 2
    else:
        residues, spread = (errors**2).sum(), (true - _mean(true)) ** 2
    total = float(spread.sum())
    r2 = 1 - float(residues) / total if len(true) and total > 1e-12 * float((true**2).sum()) else math.nan
    return Figures(_mean(np.abs(errors)), math.sqrt(_mean(errors**2)), r2, _mean(errors))


def _chord(errors: Values, period: float) -> Values:
    """Distance on the unit circle of directions that are `errors` apart."""
    chord: Values = 2 * np.abs(np.sin(errors * (math.pi / period)))
    return chord


def _means(points: Values) -> Any:
    return points.mean(axis=1, keepdims=True) if points.shape[1] else 0.0


def _mean(values: Values) -> float:
    return float(values.mean()) if len(values) else math.nan
