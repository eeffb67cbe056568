"""Joining CSVs of images into one, with paths relative to the new one's folder."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from shapenet.data.csv.table import IMAGE_COLUMNS, Table, read_table
from shapenet.data.files.faults import items_error, shown
from shapenet.errors import ConfigError, DataError, Place
from shapenet.rundir.atomic import write_atomic

_MORE_PICTURES = ("mask", "clean")
"""Columns of paths beside the image's that ``shapenet data generate`` writes."""


def join_csvs(inputs: Sequence[Path], out: Path, *, delimiter: str = ",", force: bool = False) -> int:
    """Write one CSV with the rows of several, in their order, and the first one's columns.

    The paths of the images, and of PNG files in columns ``mask`` and ``clean``, are made to fit.

    Args:
        inputs: CSVs with the same columns, in any order.
        out: The CSV to write, with commas, as a whole or not at all.
        delimiter: The character between the values of `inputs`.
        force: Whether it may replace a file.

    Returns:
        Number of rows written.

    Raises:
        ConfigError: `out` exists and `force` is false, it is one of `inputs`, or one of them is given twice.
        DataError: An input can't be read, its columns differ, or two rows name the
            same image.
        MachineError: `out` can't be written.
    """
    _check_out(inputs, out, force)
    tables = [read_table(path, delimiter=delimiter, option="--delimiter") for path in inputs]
    columns = tables[0].columns
    image_column = tables[0].pick(None, IMAGE_COLUMNS)
    seen: dict[str, Place] = {}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for table in tables:
        _check_columns(table, tables[0])
        moved = _moved(table, image_column, out)
        _check_new(table, moved, seen)
        values = {name: table.column(name) for name in columns}
        values |= {name: _moved(table, name, out) for name in _MORE_PICTURES if _holds_pictures(values.get(name))}
        values[image_column] = moved
        writer.writerows(zip(*(values[name] for name in columns), strict=True))
    write_atomic(out, text.getvalue())
    return sum(len(table.rows) for table in tables)


def num_outside(path: Path) -> int:
    """How many image paths of a CSV lead out of its folder, as they are written.

    Args:
        path: A CSV, for example one that `join_csvs` wrote.

    Raises:
        DataError: It can't be read.
    """
    table = read_table(path)
    names = table.column(table.pick(None, IMAGE_COLUMNS))
    return sum(name.startswith("../") or Path(name).is_absolute() for name in names)


def _check_out(inputs: Sequence[Path], out: Path, force: bool) -> None:
    place = Place(str(out))
    resolved = [path.resolve() for path in inputs]
    twice = next((path for path, whole in zip(inputs, resolved, strict=True) if resolved.count(whole) > 1), None)
    if twice is not None:
        message = "expected every input once, received this one again: its rows would stand there twice"
        raise ConfigError("usage/input-twice", message, place=Place(str(twice)))
    if out.resolve() in resolved:
        raise ConfigError("usage/output-is-input", "the output is one of the inputs", place=place)
    if out.is_dir():
        raise ConfigError("usage/output-exists", "expected a file to write, received a folder", place=place)
    if out.exists() and not force:
        hint = "--force replaces it; -o with another name leaves it"
        raise ConfigError("usage/output-exists", "the output exists", place=place, hint=hint)


def _check_columns(table: Table, first: Table) -> None:
    if sorted(table.columns) != sorted(first.columns):
        expected, received = ", ".join(first.columns), shown(", ".join(table.columns))
        message = f"expected the columns of {first.path} ({expected}), received {received}"
        raise DataError("data/csv-column", message, place=Place(str(table.path), 1))


def _holds_pictures(values: Sequence[str] | None) -> bool:
    """Whether a column, if there is one, names PNG files."""
    return values is not None and all(value.lower().endswith(".png") for value in values)


def _moved(table: Table, column: str, out: Path) -> list[str]:
    """The table's paths in a column, relative to the folder of `out`."""
    out_dir = os.path.realpath(out.parent)
    prefix = os.path.relpath(os.path.realpath(table.path.parent), out_dir)
    names = table.column(column)
    faults = [(line, "no path") for name, line in zip(names, table.lines, strict=True) if not name.strip()]
    if faults:
        message = f"expected an image path in every row, received none in {len(faults):,}"
        raise items_error("data/csv-path", message, faults, path=table.path)
    return [
        os.path.relpath(name, out_dir) if name.startswith("/") else os.path.normpath(f"{prefix}/{name}")
        for name in names
    ]


def _check_new(table: Table, moved: Sequence[str], seen: dict[str, Place]) -> None:
    """Add `moved` to `seen`, where nothing may stand twice."""
    faults = []
    for path, line in zip(moved, table.lines, strict=True):
        place = seen.setdefault(path, Place(str(table.path), line))
        if place != Place(str(table.path), line):
            faults.append((line, f"{shown(path)}, as in {place}"))
    if faults:
        message = f"expected every image once, received {len(faults):,} again"
        raise items_error("data/csv-duplicate", message, faults, path=table.path)
