"""Tests of the table of predictions."""

import csv

import numpy as np
import pytest

from shapenet.errors import MachineError
from shapenet.tasks.classification.predictions import write_predictions

CLASSES = ("square", "triangle", "circle")


def one_hot(predicted):
    return np.where(np.arange(3) == np.array(predicted)[:, None], 0.8, 0.1).astype(np.float32)


def test_predictions_survive_odd_names(tmp_path):
    path = tmp_path / "eval/predictions.csv"
    names = ["a,b.png", 'q"uote\nline.png', "größe-图.png"]
    write_predictions(path, names, np.array([0, 1, 2]), one_hot([0, 2, 2]), CLASSES)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == names
    assert rows[1] == {
        "name": names[1], "label": "triangle", "predicted": "circle", "confidence": "0.8",
        "p_square": "0.1", "p_triangle": "0.1", "p_circle": "0.8",
    }  # fmt: skip


def test_predictions_keep_bytes_that_are_not_utf8(tmp_path):
    write_predictions(
        tmp_path / "p.csv", [b"\xff.png".decode(errors="surrogateescape")], np.array([0]), one_hot([0]), CLASSES
    )
    assert b"\n\xff.png,square" in (tmp_path / "p.csv").read_bytes()


def test_predictions_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError):
        write_predictions(tmp_path / "file/p.csv", ["a"], np.array([0]), one_hot([0]), CLASSES)
    with pytest.raises(ValueError, match="zip"):
        write_predictions(tmp_path / "p.csv", ["a", "b"], np.array([0]), one_hot([0]), CLASSES)
