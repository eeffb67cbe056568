"""Any file names, labels and dialects of CSV: what is written is what is read."""

from __future__ import annotations

import csv as csv_module
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from shapenet.data.csv.source import csv

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
NAMES = TEXT.filter(lambda name: name.strip() and "/" not in name and name not in (".", "..", "info.csv"))
LABELS = TEXT.map(str.strip).filter(lambda label: label and label.lower() != "nan")
ROWS = st.lists(st.tuples(NAMES, LABELS), min_size=1, max_size=6, unique_by=lambda row: row[0])


@given(
    rows=ROWS, delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n"]), quote_all=st.booleans(),
    mark=st.booleans(), swapped=st.booleans(), color=st.sampled_from(["gray", "rgb"]),
)  # fmt: skip
def test_what_is_written_is_read(rows, delimiter, end, quote_all, mark, swapped, color):
    # Python's writer leaves a lone carriage return without quotes, where it means a line's end.
    assume(quote_all or not any("\r" in text for row in rows for text in row))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for value, (file, _) in enumerate(rows):
            Image.new("L", (3, 2), value).save(folder / file, "PNG")
        quoting = csv_module.QUOTE_ALL if quote_all else csv_module.QUOTE_MINIMAL
        path = folder / "info.csv"
        with path.open("w", encoding="utf-8-sig" if mark else "utf-8", newline="") as file:
            writer = csv_module.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
            table = [("path", "label"), *rows]
            writer.writerows([row[::-1] for row in table] if swapped else table)
        records = csv(path=path, delimiter=delimiter, color=color)
        assert [records.name_of(index) for index in range(len(records))] == [file for file, _ in rows]
        assert [records.classes[label] for label in records.label_of()] == [label for _, label in rows]
        images = records.read(0, len(rows))["image"]
        np.testing.assert_array_equal(images.reshape(len(rows), -1)[:, 0], np.arange(len(rows)))
