"""Labels of a CSV: classes in order, and each row's index into them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from shapenet.data.csv.listing import rows_error, shown

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def checked_labels(csv_path: Path, column: str, texts: Sequence[str], lines: Sequence[int]) -> list[str]:
    """The labels of all rows, without surrounding spaces.

    Args:
        csv_path: The CSV, for messages.
        column: Name of the column, for messages.
        texts: Label of each row as the CSV writes it.
        lines: Line of each row, from 1.

    Raises:
        DataError: Some are empty or NaN; the error names their lines.
    """
    labels = [text.strip() for text in texts]
    faults = [
        (line, "no label" if not label else shown(label))
        for label, line in zip(labels, lines, strict=True)
        if not label or label.lower() == "nan"
    ]
    if faults:
        message = f"expected a label in every row, received none or NaN in {len(faults):,} of {len(labels):,}"
        hint = f"give them a value in the column {column!r}, or take the rows out"
        raise rows_error("data/csv-label", message, faults, csv_path=csv_path, hint=hint)
    return labels


def class_names(labels: Sequence[str]) -> tuple[str, ...]:
    """The distinct labels: by number if all are integers, by code point if not.

    Args:
        labels: Of all rows.
    """
    distinct = set(labels)
    if all(_INTEGER.fullmatch(label) for label in distinct):
        return tuple(sorted(distinct, key=lambda label: (int(label), label)))
    return tuple(sorted(distinct))
