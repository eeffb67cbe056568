"""From a CSV to the records that it lists."""

from __future__ import annotations

from pathlib import Path

from shapenet.data.csv.table import IMAGE_COLUMNS, LABEL_COLUMNS, read_table
from shapenet.data.files.listing import Listing
from shapenet.data.files.load import FileOptions, load_files
from shapenet.data.files.records import FileRecords
from shapenet.data.records import unlabelled_is_borne


def load_csv(
    path: Path, *, columns: tuple[str | None, str | None], delimiter: str, options: FileOptions
) -> FileRecords:
    """Read and check a CSV, find its files, and decode the first images.

    Args:
        path: The CSV.
        columns: Names of the columns of image paths and labels; None for the defaults.
        delimiter: The character between values.
        options: What to read of its files, and how.

    Raises:
        DataError: The CSV, its paths, its labels or the first image are at fault.
    """
    table = read_table(path, delimiter=delimiter)
    image_column = table.pick(columns[0], IMAGE_COLUMNS, "image_column")
    label_column = None
    if columns[1] is not None or not unlabelled_is_borne() or set(LABEL_COLUMNS) & set(table.columns):
        label_column = table.pick(columns[1], LABEL_COLUMNS, "label_column")
    listing = Listing(
        path=path,
        root=path.parent,
        names=table.column(image_column),
        labels=None if label_column is None else table.column(label_column),
        lines=table.lines,
        columns={name: table.column(name) for name in table.columns},
        label_column=label_column or "label",
    )
    return load_files(listing, options)
