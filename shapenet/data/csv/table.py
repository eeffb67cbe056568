"""Reading a CSV strictly: its rows with their lines, or an error that says where it is wrong."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapenet.data.files.faults import items_error, shown
from shapenet.data.regular import read_regular
from shapenet.errors import DataError, Place

IMAGE_COLUMNS = ("path", "filepath", "file", "filename", "image")
"""Names of the column of image paths, the first that is present counts."""

LABEL_COLUMNS = ("label", "class", "target", "category")
"""Names of the column of labels, the first that is present counts."""

JOIN_COMMAND = "shapenet data join a/info.csv b/info.csv -o dataset.csv"

_DELIMITERS = {",": "','", ";": "';'", "\t": "a tab", "|": "'|'"}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Table:
    """A CSV with a header and at least one row; all rows have as many values as the header.

    Attributes:
        path: The file.
        columns: Names in the header, without surrounding spaces.
        rows: Values of each row.
        lines: Line in the file, from 1, that each row starts at.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]

    def column(self, name: str) -> list[str]:
        """The values of one column."""
        index = self.columns.index(name)
        return [row[index] for row in self.rows]

    def pick(self, given: str | None, defaults: Sequence[str], argument: str | None = None) -> str:
        """The name of a column.

        Args:
            given: The name that the user gave, if any.
            defaults: Names to look for if not; the first that is present counts.
            argument: The source's argument that gives the name, for the hint.

        Raises:
            DataError: There is no such column; the error names those there are.
        """
        wanted = (given,) if given is not None else tuple(defaults)
        found = next((name for name in wanted if name in self.columns), None)
        if found is not None:
            return found
        expected = f"a column {given!r}" if given is not None else f"one of the columns {', '.join(defaults)}"
        columns = ", ".join(repr(shown(name)) for name in self.columns)
        message = f"expected {expected}, found {columns}"
        hint = _column_hint(wanted, self.columns, argument)
        raise DataError("data/csv-column", message, place=Place(str(self.path), 1), hint=hint)


def _column_hint(wanted: Sequence[str], columns: Sequence[str], argument: str | None) -> str:
    lowered = {name.lower(): name for name in columns}
    matches = [match for name in wanted for match in difflib.get_close_matches(name.lower(), lowered, n=1)]
    if not matches:
        return "the first line must name the columns" + (f"; `{argument}` says which to take" if argument else "")
    nearest = shown(lowered[matches[0]])
    return f"did you mean {nearest}?" + (f" `{argument}: {nearest}` takes it" if argument else "")


def read_table(
    path: Path, *, delimiter: str = ",", any_bytes: bool = False, option: str = "the source's `delimiter`"
) -> Table:
    """Read a CSV: UTF-8 with or without a byte order mark, any line ends, blank lines skipped.

    Args:
        path: The CSV.
        delimiter: The character between values.
        any_bytes: Take bytes that are not UTF-8 for parts of file names, as ``os.fsdecode`` does.
        option: What tells the reader of another delimiter, for the hint.

    Raises:
        DataError: The file is missing, empty, not UTF-8, has a header only, another
            delimiter, a header in its middle, broken quotes, or rows of wrong length.
    """
    text = decoded(path, read_regular(path), "surrogateescape" if any_bytes else "strict")
    rows, lines = _parsed(path, text, delimiter)
    if not rows:
        message = "expected a header and rows, received an empty file"
        raise DataError("data/csv-empty", message, place=Place(str(path)))
    columns = tuple(name.strip() for name in rows[0])
    _check_header(Place(str(path), lines[0]), columns, delimiter, option)
    rows, lines = rows[1:], lines[1:]
    if not rows:
        found = ", ".join(map(shown, columns))
        message = f"expected rows after the header, received none; its columns are {found}"
        raise DataError("data/csv-empty", message, place=Place(str(path), 1))
    _check_rows(path, columns, rows, lines)
    return Table(path, columns, rows, lines)


def decoded(path: Path, data: bytes, errors: str = "strict") -> str:
    """The text of a file in UTF-8, without a byte order mark.

    Args:
        path: The file, for messages.
        data: Its content.
        errors: What becomes of other bytes, as in `bytes.decode`.

    Raises:
        DataError: It has another encoding, or holds a NUL character.
    """
    try:
        text = data.decode("utf-8-sig", errors)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        looks_like = "UTF-16" if data.startswith(_UTF16_MARKS) else "another encoding, such as Latin-1"
        message = f"expected UTF-8, received the byte 0x{error.object[error.start]:02x}: it looks like {looks_like}"
        hint = "save the file as UTF-8"
        raise DataError("data/csv-encoding", message, place=Place(str(path), line), hint=hint) from None
    position = text.find("\0")
    if position >= 0:
        line = text.count("\n", 0, position) + 1
        message = "expected text, received a NUL character: the file is binary, damaged or UTF-16"
        raise DataError("data/csv-encoding", message, place=Place(str(path), line))
    return text


def _parsed(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    last_line = 0
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(last_line + 1)
            last_line = reader.line_num
    except csv.Error as error:
        hint = 'a value with quotes in it is written "like ""this"""; a quote that opens a value must close it'
        message = f"the row that starts here can't be read: {error}"
        raise DataError("data/csv-row", message, place=Place(str(path), last_line + 1), hint=hint) from None
    return rows, lines


def _check_header(place: Place, columns: tuple[str, ...], delimiter: str, option: str) -> None:
    others = [mark for mark in _DELIMITERS if mark != delimiter and mark in columns[0]]
    if len(columns) == 1 and others:
        used = _DELIMITERS.get(delimiter, repr(delimiter))
        looks_like = _DELIMITERS[max(others, key=columns[0].count)]
        message = f"expected columns separated by {used}, received one column {shown(columns[0])!r}"
        hint = f"the delimiter looks like {looks_like}: say so with {option}"
        raise DataError("data/csv-delimiter", message, place=place, hint=hint)
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        message = f"expected every column once, received more than one {shown(twice[0])!r}"
        raise DataError("data/csv-column", message, place=place)


def _check_rows(path: Path, columns: tuple[str, ...], rows: list[list[str]], lines: list[int]) -> None:
    for row, line in zip(rows, lines, strict=True):
        if len(row) == len(columns) and row[-1].strip() == columns[-1] and _is_header(row, columns):
            message = "the header stands here again: CSVs were put together as plain text"
            hint = f"join them with `{JOIN_COMMAND}`, which also makes their paths fit"
            raise DataError("data/csv-repeated-header", message, place=Place(str(path), line), hint=hint)
    width = len(columns)
    wrong = [
        (line, f"{len(row)} values: {shown(', '.join(row))}")
        for row, line in zip(rows, lines, strict=True)
        if len(row) != width
    ]
    if wrong:
        message = f"expected {width} values in every row, received another number in {len(wrong):,} of {len(rows):,}"
        hint = "put quotes around a value that holds the delimiter"
        raise items_error("data/csv-row", message, wrong, path=path, hint=hint)


def _is_header(row: list[str], columns: tuple[str, ...]) -> bool:
    return tuple(value.strip().removeprefix(_BYTE_ORDER_MARK) for value in row) == columns
