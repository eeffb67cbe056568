"""data.split on the command line: exit codes, and messages that name line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

CONFIG = """\
name: quick
data:
  source: {csv: {path: images.csv}}
  split: {column: side}
model:
  layers: [Flatten]
training: {batch_size: 2, epochs: 1}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with twelve images whose column ``set`` says where they stand."""
    monkeypatch.chdir(tmp_path)
    rows = ["path,label,set"]
    for number in range(12):
        Image.new("L", (4, 4), number * 20).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'ab'[number % 2]},{'train' if number < 8 else 'test' if number < 11 else 'tset'}")
    (tmp_path / "images.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "quick.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def test_a_split_that_contradicts_itself_is_an_error_of_the_config(folder, cli):
    (folder / "quick.yaml").write_text(CONFIG.replace("{column: side}", "{column: set, val: 0.1}"), encoding="utf-8")
    done = cli("validate", "--config", "quick.yaml")
    assert done.code == 2
    assert done.err.splitlines() == [
        "error[config/conflict]: quick.yaml:4:29: data.split.val does not go with column: "
        "the column alone says where each record stands",
        "  help: leave it out, or write val: null over the file that this one extends",
    ]


def test_a_column_that_is_not_there_is_an_error_of_the_data(folder, cli):
    done = cli("train", "--config", "quick.yaml")
    assert done.code == 3
    assert done.err.splitlines() == [
        "error[data/split-column]: quick.yaml:4:19: expected a column 'side'; "
        f"{folder / 'images.csv'} has 'path', 'label', 'set'",
        "  help: one of: label, path, set",
    ]
    assert not (folder / "runs").exists()


def test_other_texts_are_an_error_of_the_data_that_names_the_rows(folder, cli):
    done = cli("train", "--config", "quick.yaml", "-o", "data.split.column=set")
    assert done.code == 3
    assert "received another text for 1 of 12 records" in done.err
    assert "11.png: 'tset'" in done.err
