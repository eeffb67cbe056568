"""Splits that are given: a column of the source or a file says where each record stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shapenet.data.csv.table import read_table
from shapenet.data.files.faults import MAX_LISTED, items_error, shown
from shapenet.data.records import Records
from shapenet.errors import DataError, Key, did_you_mean

Indices = npt.NDArray[np.int64]

SIDES = ("train", "val", "test")
_SIDE_OF_TEXT = {"train": 0, "val": 1, "validation": 1, "test": 2}
_TEXTS = "train, val, validation or test"
_NOWHERE = -1


def column_of(records: Records, name: str, key: Key) -> Sequence[str]:
    """A column of a source.

    Args:
        records: The source.
        name: The column.
        key: What names it in the config.

    Raises:
        DataError: There is none of this name; the error lists those there are.
    """
    if name in records.columns:
        return records.columns[name]
    there = ", ".join(repr(shown(column)) for column in records.columns)
    received = f"{records.describe} has {there}" if there else f"{records.describe} has no columns"
    message = f"expected a column {shown(name)!r}; {received}"
    raise DataError("data/split-column", message, key=key, hint=did_you_mean(name, records.columns))


def names_sides(texts: Sequence[str]) -> bool:
    """Whether every text is that of a side."""
    return all(_side(text) is not None for text in texts)


def sides_by_column(records: Records, name: str) -> Indices:
    """The side of each record by a column of the source.

    Case, and spaces around the text, don't matter.

    Returns:
        Positions in `SIDES`, shape ``(len(records),)``.

    Raises:
        DataError: There is no such column, or other texts stand in it; lists the records.
    """
    key = ("data", "split", "column")
    texts = column_of(records, name, key)
    sides = [_side(text) for text in texts]
    faults = [f"{shown(records.name_of(index))}: {shown(texts[index])!r}" for index in _faulty(sides)]
    if faults:
        message = f"expected {_TEXTS} in the column {shown(name)!r}, received another text for "
        message += f"{len(faults):,} of {len(texts):,} records{_listed(faults)}"
        raise DataError("data/split-column", message, key=key)
    return np.array(sides, np.int64)


def sides_by_file(records: Records, path: Path, own: Collection[str]) -> Indices:
    """The side of each record by a CSV with the columns ``split`` and ``name``, the form of a run's ``split.csv``.

    Args:
        records: The source.
        path: The CSV; other columns are not looked at.
        own: Splits with a source of their own: what the file lists of these is passed over.

    Returns:
        Positions in `SIDES`, -1 for records that are left out; shape ``(len(records),)``.

    Raises:
        DataError: The file can't be read; it names other splits, one name in two splits, or
            records that there are not.
    """
    table = read_table(path, any_bytes=True)  # a run writes the names of files as they are
    texts, names = (table.column(table.pick(name, ())) for name in ("split", "name"))
    sides = [_side(text) for text in texts]
    faults = [(table.lines[row], repr(shown(texts[row]))) for row in _faulty(sides)]
    if faults:
        message = f"expected {_TEXTS} as the split, received another text in {len(faults):,} of {len(texts):,} rows"
        raise items_error("data/split-file", message, faults, path=path)
    rows = [row for row, side in enumerate(sides) if side is not None and SIDES[side] not in own]
    listed = _listed_sides(path, [(table.lines[row], names[row], sides[row] or 0) for row in rows])
    known = [records.name_of(index) for index in range(len(records))]
    _check_known(path, [(table.lines[row], names[row]) for row in rows], records, set(known))
    return np.array([listed.get(name, _NOWHERE) for name in known], np.int64)


def check_all_listed(records: Records, sides: Indices, usable: Indices, path: Path) -> None:
    """Refuse a file that leaves records out.

    Args:
        records: The source.
        sides: What `sides_by_file` returned.
        usable: Positions of the records that matter.
        path: The file.

    Raises:
        DataError: With the names of the records.
    """
    missing = [shown(records.name_of(int(index))) for index in usable[sides[usable] == _NOWHERE]]
    if missing:
        message = f"{path} does not list {len(missing):,} of the {len(usable):,} records of {records.describe}"
        hint = "it may be of a run with data.limit, which then is needed here too"
        raise DataError("data/split-file", message + _listed(missing), key=("data", "split", "file"), hint=hint)


def _listed_sides(path: Path, rows: Sequence[tuple[int, str, int]]) -> dict[str, int]:
    """The side of each name; `rows` hold line, name and side."""
    listed: dict[str, int] = {}
    faults = []
    for line, name, side in rows:
        earlier = listed.setdefault(name, side)
        if earlier != side:
            faults.append((line, f"{shown(name)} in {SIDES[side]}, but in {SIDES[earlier]} further up"))
    if faults:
        message = f"expected each name in one split, received another in {len(faults):,} of {len(rows):,} rows"
        raise items_error("data/split-file", message, faults, path=path)
    return listed


def _check_known(path: Path, rows: Sequence[tuple[int, str]], records: Records, known: set[str]) -> None:
    faults = [(line, shown(name)) for line, name in rows if name not in known]
    if faults:
        message = (
            f"expected names of records of {records.describe}, received others in {len(faults):,} of {len(rows):,} rows"
        )
        raise items_error("data/split-file", message, faults, path=path)


def _side(text: str) -> int | None:
    return _SIDE_OF_TEXT.get(text.strip().lower())


def _faulty(sides: Sequence[int | None]) -> list[int]:
    return [index for index, side in enumerate(sides) if side is None]


def _listed(texts: Sequence[str]) -> str:
    """The first ten, one a line."""
    more = len(texts) - MAX_LISTED
    return "".join(f"\n  {text}" for text in texts[:MAX_LISTED]) + (f"\n  and {more:,} more" if more > 0 else "")
