"""Counts of a confusion matrix, and the quotients that figures are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.rundir.csv_file import write_csv

Counts = npt.NDArray[np.int64]
"""Examples or pixels, of a matrix by true class (row) and predicted class (column), ``(num_classes, num_classes)``."""


def confusion_of(true: npt.NDArray[Any], predicted: npt.NDArray[Any], num_classes: int) -> Counts:
    """The confusion matrix of examples or pixels.

    Args:
        true: Class numbers, of any shape; those below 0 don't count.
        predicted: Class numbers, of the same shape.
        num_classes: How many classes there are.
    """
    counts = true >= 0
    cells = true[counts].astype(np.int64) * num_classes + predicted[counts]
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.int64)


def write_confusion_csv(path: Path, classes: Sequence[str], confusion: Counts) -> None:
    """Write a confusion matrix as CSV, true classes in rows, with their names.

    Raises:
        MachineError: The file can't be written.
    """
    rows = zip(classes, confusion.tolist(), strict=True)
    write_csv(path, [["true \\ predicted", *classes], *([name, *counts] for name, counts in rows)])


def quotients(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """``above / below``, NaN where `below` is 0; of shapes that go together."""
    result = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def mean_known(values: Sequence[float] | npt.NDArray[np.float64], weights: npt.NDArray[Any] | None = None) -> float:
    """The mean of the values that are not NaN and whose weight is above 0; NaN if none is left.

    Args:
        values: One-dimensional.
        weights: What each counts; all the same unless given.
    """
    known, counted = np.asarray(values, np.float64), np.ones(len(values)) if weights is None else weights
    there = ~np.isnan(known) & (counted > 0)
    return float(np.average(known[there], weights=counted[there])) if there.any() else math.nan


def number_or_null(value: float) -> float | int | None:
    """A number as JSON holds it: what is not finite becomes null."""
    return value if math.isfinite(value) else None
