"""The predictions of a classifier, example by example, as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shapenet.rundir.csv_file import write_csv
from shapenet.tasks.classification.figures import Labels, Probabilities, check_predictions


def write_predictions(
    path: Path, names: Sequence[str], labels: Labels, probabilities: Probabilities, classes: Sequence[str]
) -> None:
    """Write a CSV with one line per example.

    Its columns are ``name``, ``label``, ``predicted`` (class names), ``confidence`` and,
    for every class, ``p_<class>``: probabilities with six significant digits.

    Args:
        path: The file, replaced in one step.
        names: What to call each example.
        labels: True classes. Shape ``(n,)``.
        probabilities: Predicted probabilities. Shape ``(n, num_classes)``.
        classes: Class names in label order.

    Raises:
        ValueError: Shapes or labels don't fit each other.
        MachineError: The file can't be written.
    """
    check_predictions(labels, probabilities, classes)
    headings = ["name", "label", "predicted", "confidence", *(f"p_{name}" for name in classes)]
    predicted = probabilities.argmax(axis=1).tolist()
    rows = zip(names, labels.tolist(), predicted, probabilities.tolist(), strict=True)
    written = (
        [name, classes[label], classes[best], f"{row[best]:.6g}", *(f"{p:.6g}" for p in row)]
        for name, label, best, row in rows
    )
    write_csv(path, [headings, *written])
