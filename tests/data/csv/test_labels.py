"""Several classes in a cell, and no labels at all."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from shapenet.data.csv.source import csv
from shapenet.data.folder.source import folder
from shapenet.data.records import bearing_unlabelled
from shapenet.errors import DataError


@pytest.fixture
def listed(tmp_path):
    """Three images, with a cell of classes and a number each."""
    for number in range(3):
        Image.new("L", (4, 4), 60 * number).save(tmp_path / f"{number}.png")
    (tmp_path / "list.csv").write_text("path,tags,x\n0.png,ring | star,1\n1.png,,2\n2.png,star|ball|star,3\n")
    return tmp_path / "list.csv"


def test_a_cell_can_hold_several_classes_or_none(listed):
    records = csv(path=listed, label_column="tags", label_separator="|")
    assert records.classes == ("ball", "ring", "star")
    assert records.fields["labels"].shape == (3,)
    np.testing.assert_array_equal(records.read(0, 3)["labels"], [[0, 1, 1], [0, 0, 0], [1, 0, 1]])
    assert [records.classes[label] for label in records.label_of()[[0, 2]]] == ["ring", "star"]


def test_labels_are_missed_only_where_they_are_needed(listed):
    with pytest.raises(DataError, match="expected one of the columns label"):
        csv(path=listed, numbers=("x",))
    with bearing_unlabelled(some=True):
        records = csv(path=listed, numbers=("x",))
    assert records.classes == ()
    assert records.read(1, 3)["x"].tolist() == [2, 3]
    assert records.label_of().tolist() == [0, 0, 0]


def test_a_folder_without_class_folders(listed):
    with pytest.raises(DataError, match="expected a folder for each class"):
        folder(path=listed.parent)
    with bearing_unlabelled(some=True):
        records = folder(path=listed.parent)
    assert (len(records), records.classes) == (3, ())
