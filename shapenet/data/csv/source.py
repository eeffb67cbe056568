"""Registers the source ``csv``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shapenet.registry import REGISTRIES
from shapenet.values import ConfigPath, ImageSize

Delimiter = Annotated[str, Field(pattern=r'^[^"\r\n]$')]
"""The character between values: any but a quote or a line end."""


@REGISTRIES["source"].register("csv")
def csv(
    *,
    path: ConfigPath,
    image_column: str | None = None,
    label_column: str | None = None,
    delimiter: Delimiter = ",",
    size: ImageSize | None = None,
    color: Literal["auto", "gray", "rgb"] = "auto",
    allow_outside: bool = False,
) -> Any:
    """Image files and their labels, listed in a CSV.

    The CSV is UTF-8 with a header; image paths are relative to its folder. Labels are
    text or integers; classes are sorted, numerically if all are integers.

    Args:
        path: The CSV.
        image_column: Column of image paths; the first of path, filepath, file,
            filename, image that is there if not given.
        label_column: Column of labels; the first of label, class, target, category
            that is there if not given.
        delimiter: The character between values.
        size: Side in pixels, or height and width, that images are stretched to; if
            not given, all must have the size of the first.
        color: ``gray`` (1 channel), ``rgb`` (3), or ``auto``: as the first image.
        allow_outside: Whether images may lie out of the CSV's folder, by ``../``, an
            absolute path or a link.

    Returns:
        A `shapenet.data.csv.records.CsvRecords`.

    Raises:
        DataError: The CSV, its paths, its labels or the first image are at fault.
    """
    from shapenet.data.csv.records import load_csv

    return load_csv(
        path,
        columns=(image_column, label_column),
        delimiter=delimiter,
        size=(size, size) if isinstance(size, int) else size,
        color=color,
        allow_outside=allow_outside,
    )
