"""Tables are written as CSV that other programs read, whatever stands in them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from shapenet.rundir.csv_file import write_csv


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [["name", "x"], ["a, b", "1"], ['"quoted"', "2"], ["two\nlines", ""]]
    write_csv(tmp_path / "t.csv", iter(rows))
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert [*csv.reader(file)] == rows


def test_names_that_are_no_utf_8_keep_their_bytes(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", [[os.fsdecode(b"caf\xe9.png"), 1]])
    assert (tmp_path / "t.csv").read_bytes() == b"caf\xe9.png,1\n"
