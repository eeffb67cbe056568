"""Tests of the evaluator and the report of a segmentation: numbers, tables, CSV files, picture."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import DataError
from shapenet.tasks.confusion import confusion_of
from shapenet.tasks.report import Matrix, Table
from shapenet.tasks.segmentation.classes import MaskClasses
from shapenet.tasks.segmentation.evaluator import SegmentationEvaluator
from shapenet.tasks.segmentation.panels import EXTRA, MISSED, colour_of, mistakes, overlay
from shapenet.tasks.segmentation.report import SegmentationReport

CLASSES = MaskClasses(("background", "square", "triangle"), (0, 1, 2), 9)
NUM = 12


class Gallery:
    """Noise of any size."""

    run_name, subject = "a run of $5", "test"
    names: tuple[str, ...] = tuple(f"image {number}" for number in range(NUM))

    def images(self, positions: list[int]) -> list[np.ndarray]:
        """Pictures of twice the masks' size."""
        return [np.random.default_rng(p).integers(0, 255, (40, 32, 3)).astype(np.uint8) for p in positions]


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Masks, and outputs that are wrong in more and more pixels; nothing counts in the last image."""
    rng = np.random.default_rng(4)
    masks = np.zeros((NUM, 20, 16, 1), np.uint8)
    masks[:, 4:12, 2:9] = 1
    masks[::2, 10:18, 8:14] = 2
    masks[:, 0] = 9
    masks[-1] = 9
    labels = np.where(masks == 9, 0, masks)[..., 0]
    for number in range(NUM):
        labels[number][rng.random((20, 16)) < number / 20] = 2
    return masks, np.eye(3, dtype=np.float32)[labels]


def report(order: np.ndarray | None = None) -> SegmentationReport:
    masks, outputs = drawn()
    evaluator = SegmentationEvaluator("mask", CLASSES, NUM)
    positions = np.arange(NUM) if order is None else order
    for batch in np.split(positions, 3):
        evaluator.add(batch, {"mask": masks[batch]}, outputs[batch])
    return evaluator.report()


def test_figures_are_those_of_all_pixels_that_count() -> None:
    masks, outputs = drawn()
    labels = np.where(masks == 9, -1, masks.astype(int))[..., 0]
    made = report()
    np.testing.assert_array_equal(made.confusion, confusion_of(labels, outputs.argmax(-1), 3))
    figures = made.to_json()
    json.dumps(figures, allow_nan=False)
    assert figures["num_pixels"] == (labels >= 0).sum()
    assert figures["pixel_accuracy"] == pytest.approx(np.mean((labels == outputs.argmax(-1))[labels >= 0]))
    square = (labels == 1) & (outputs.argmax(-1) == 1), ((labels == 1) | (outputs.argmax(-1) == 1)) & (labels >= 0)
    assert figures["per_class"][1]["iou"] == pytest.approx(square[0].sum() / square[1].sum())
    assert figures["mean_iou"] == pytest.approx(np.mean([one["iou"] for one in figures["per_class"]]))
    assert figures["foreground_mean_iou"] == pytest.approx(np.mean([one["iou"] for one in figures["per_class"][1:]]))
    assert figures["mean_iou_per_image"] == pytest.approx(np.nanmean(made.overlaps[:, 0]))
    assert made.overlaps[0].tolist() == [1, 1, 1]
    assert np.isnan(made.overlaps[-1]).all()


def test_the_order_of_batches_changes_nothing() -> None:
    shuffled = report(np.random.default_rng(0).permutation(NUM))
    assert shuffled.to_json() == report().to_json()
    positions = [[example.position for example in kind] for kind in report().chosen.values()]
    assert [[example.position for example in kind] for kind in shuffled.chosen.values()] == positions
    order = np.argsort(shuffled.overlaps[:-1, 0]).tolist()
    assert positions == [order[:2], positions[1], order[-2:]]


def test_tables() -> None:
    table, matrix = report().tables()
    assert isinstance(table, Table)
    assert isinstance(matrix, Matrix)
    assert table.columns == ("class", "IoU", "Dice", "precision", "recall", "pixels")
    assert all(len(row.cells) == len(table.columns) for row in table.rows)
    assert [row.cells[0] for row in table.rows][-3:] == [
        "mean without background",
        "mean over images",
        "pixel accuracy",
    ]
    assert matrix.names == CLASSES.names


def test_files(tmp_path: Path) -> None:
    files = report().write(tmp_path, Gallery())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "confusion.csv", "confusion.png", "masks.png", "predictions.csv",
    ]  # fmt: skip
    assert files.predictions == tmp_path / "predictions.csv"
    with (tmp_path / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == list(Gallery.names)
    assert rows[0] == {"name": "image 0", "iou": "1", "dice": "1", "pixel_accuracy": "1"}
    assert rows[-1]["iou"] == ""
    assert 0 < float(rows[5]["iou"]) < float(rows[5]["dice"]) < 1
    with (tmp_path / "confusion.csv").open() as file:
        assert next(csv.reader(file))[1:] == list(CLASSES.names)
    with Image.open(tmp_path / "masks.png") as picture:
        assert picture.width > 800
        shown = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    for colour in (colour_of(1), colour_of(2), MISSED, EXTRA):
        assert (shown == [int(colour[start : start + 2], 16) for start in (1, 3, 5)]).all(axis=1).any(), colour


def test_a_split_where_nothing_counts_has_no_picture(tmp_path: Path) -> None:
    evaluator = SegmentationEvaluator("mask", CLASSES, 1)
    evaluator.add(np.array([0]), {"mask": np.full((1, 4, 4, 1), 9, np.uint8)}, np.zeros((1, 4, 4, 3), np.float32))
    (tmp_path / "masks.png").write_bytes(b"of an earlier evaluation")
    gallery = Gallery()
    gallery.names = ("the only one",)
    files = evaluator.report().write(tmp_path, gallery)
    assert not (tmp_path / "masks.png").exists()
    assert tmp_path / "masks.png" not in files.pictures


def test_values_that_stand_for_no_class_are_a_data_error() -> None:
    masks, outputs = drawn()
    masks[7, 5, 5] = 4
    evaluator = SegmentationEvaluator("mask", CLASSES, NUM)
    with pytest.raises(DataError, match="holds 4 in record 7"):
        evaluator.add(np.arange(NUM), {"mask": masks}, outputs)


def test_panels() -> None:
    image = np.full((1, 4, 3), 100, np.uint8)
    true, predicted = np.array([[0, 1, 1, -1]]), np.array([[2, 0, 2, 1]])
    shown = mistakes(image, true, predicted)
    assert len(np.unique(shown[0], axis=0)) == 4
    assert tuple(shown[0, 3]) == (216, 216, 216)  # what does not count is no mistake
    assert tuple(overlay(image, true)[0, 0]) == (100, 100, 100)
    assert tuple(overlay(image, true)[0, 1]) == tuple(overlay(image, true)[0, 2]) != (100, 100, 100)
    assert len({colour_of(label) for label in range(1, 15)}) == 14
