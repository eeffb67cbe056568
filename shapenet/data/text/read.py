"""Reading a text file of paths and labels."""

from __future__ import annotations

import re
from pathlib import Path

from shapenet.data.csv.table import decoded
from shapenet.data.files.faults import Fault, items_error, shown
from shapenet.data.files.listing import Listing
from shapenet.data.regular import read_regular
from shapenet.errors import DataError, Place
from shapenet.words import counted

_LINE_END = re.compile(r"\r\n|\n|\r")


def read_lines(path: Path, delimiter: str | None, *, label_first: bool) -> Listing:
    """The images that a text file lists.

    Args:
        path: The file.
        delimiter: What stands between path and label; any white space if None.
        label_first: Whether the label stands before the path.

    Raises:
        DataError: The file is missing, empty, not UTF-8, or lines hold no delimiter.
    """
    lines: list[int] = []
    pairs: list[list[str]] = []
    faults: list[Fault] = []
    for number, line in enumerate(_LINE_END.split(decoded(path, read_regular(path))), start=1):
        if not line.strip():
            continue
        pair = line.strip().split(delimiter, 1) if label_first else line.strip().rsplit(delimiter, 1)
        if len(pair) == 2:
            lines.append(number)
            pairs.append([part.strip() for part in pair])
        else:
            faults.append((number, shown(line)))
    if faults:
        between = "white space" if delimiter is None else repr(delimiter)
        where = counted(len(faults), "line")
        message = f"expected a path and a label with {between} between them, received others in {where}"
        hint = "the source's `delimiter` says what stands between them"
        raise items_error("data/text-line", message, faults, path=path, hint=hint)
    if not pairs:
        raise DataError(
            "data/text-empty", "expected lines of a path and a label, received none", place=Place(str(path))
        )
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    names, labels = (second, first) if label_first else (first, second)
    return Listing(path, path.parent, names, labels, lines)
