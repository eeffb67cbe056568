"""Figures, predictions and pictures of a reconstruction."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shapenet.tasks.reconstruction.evaluator import ReconstructionEvaluator
from shapenet.tasks.reconstruction.report import ReconstructionReport
from shapenet.tasks.report import Table

RANDOM = np.random.default_rng(3)
COUNT = 70
CLEAN = RANDOM.integers(60, 196, (COUNT, 12, 14, 3)).astype(np.uint8)
NOISY = np.clip(CLEAN + RANDOM.normal(0, 30, CLEAN.shape), 0, 255).astype(np.uint8)
STEPS = (RANDOM.permutation(COUNT) + 1) / 400  # the constant error of each output
OUTPUTS = (CLEAN / 255 + STEPS.reshape(-1, 1, 1, 1)).astype(np.float32)


def report(target: str = "clean", *, sees_images: bool = True) -> ReconstructionReport:
    evaluator = ReconstructionEvaluator(target, COUNT, sees_images=sees_images)
    for positions in np.array_split(RANDOM.permutation(COUNT), 9):
        fields = {"image": NOISY[positions], "clean": CLEAN[positions]}
        evaluator.add(positions, fields, OUTPUTS[positions])
    return evaluator.report()


def test_measures_are_those_of_the_errors() -> None:
    measures = report().measures
    np.testing.assert_allclose(measures["mae"], STEPS, atol=1e-6)
    np.testing.assert_allclose(measures["mse"], STEPS**2, rtol=1e-3)
    np.testing.assert_allclose(measures["psnr"], -20 * np.log10(STEPS), rtol=1e-4)
    errors = ((NOISY / 255.0 - CLEAN / 255.0) ** 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(measures["input_psnr"], -10 * np.log10(errors), rtol=1e-4)
    assert "input_psnr" not in report("image").measures


def test_json_and_table_summarise_them() -> None:
    made = report()
    content = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert content["num_examples"] == COUNT
    assert content["per_image"]["psnr"]["worst"] == pytest.approx(-20 * np.log10(STEPS.max()), rel=1e-4)
    assert content["per_image"]["mae"]["worst"] == pytest.approx(STEPS.max(), rel=1e-4)
    (table,) = made.tables()
    assert isinstance(table, Table)
    assert [row.cells[0] for row in table.rows][-1] == "input's own PSNR (dB)"


def test_the_examples_are_the_worst_the_middle_and_the_best() -> None:
    examples = report().examples
    ranks = np.argsort(np.argsort(-STEPS))  # 0: the worst
    assert [ranks[one.position] for one in examples["worst"]] == [0, 1, 2]
    assert [ranks[one.position] for one in examples["best"]] == [COUNT - 3, COUNT - 2, COUNT - 1]
    assert all(COUNT * 0.35 < ranks[one.position] < COUNT * 0.65 for one in examples["median"])
    one = examples["best"][0]
    np.testing.assert_array_equal(one.target, CLEAN[one.position])
    np.testing.assert_allclose(one.output, OUTPUTS[one.position] * 255, atol=0.51)


@pytest.mark.parametrize("count", [0, 1, 2, 4, 8])
def test_few_examples_stand_once(count: int, tmp_path: Path, gallery_of: Callable[[Sequence[Any]], Any]) -> None:
    evaluator = ReconstructionEvaluator("clean", count, sees_images=True)
    for i in range(count):
        evaluator.add(np.array([i]), {"image": NOISY[i : i + 1], "clean": CLEAN[i : i + 1]}, OUTPUTS[i : i + 1])
    made = evaluator.report()
    positions = [one.position for group in made.examples.values() for one in group]
    assert sorted(positions) == list(range(count))
    (tmp_path / "examples.png").write_bytes(b"of an earlier report")
    files = made.write(tmp_path, gallery_of(list(NOISY)[:count]))
    assert bool(files.pictures) == bool(count) == (tmp_path / "examples.png").exists()


def test_what_is_written(tmp_path: Path, gallery_of: Callable[[Sequence[Any]], Any]) -> None:
    gallery = gallery_of(NOISY)
    made = report()
    files = made.write(tmp_path, gallery)
    assert files.predictions is not None
    rows = list(csv.DictReader(files.predictions.read_text().splitlines()))
    assert [float(row["mae"]) for row in rows] == pytest.approx(STEPS.tolist(), rel=1e-3)
    assert list(rows[0]) == ["name", "psnr", "ssim", "mse", "mae", "input_psnr"]
    assert Image.open(files.pictures[0]).size[0] > 500
    worst = made.examples["worst"][0]
    np.testing.assert_array_equal(gallery.sheet[0], NOISY[worst.position])
    np.testing.assert_array_equal(gallery.sheet[2], CLEAN[worst.position])
    assert gallery.captions[3] == "difference x 4"  # 70 / 400 of 255 is 45; four times that is below 255
    assert gallery.sheet[3].max() == pytest.approx(STEPS.max() * 255 * 4, abs=4)


def test_what_was_made_of_numbers_stands_beside_its_target_alone(
    tmp_path: Path, gallery_of: Callable[[Sequence[Any]], Any]
) -> None:
    made = report(sees_images=False)
    assert "input_psnr" not in made.measures
    gallery = gallery_of(NOISY)
    made.write(tmp_path, gallery)
    assert len(gallery.sheet) == 9 * 3
    assert gallery.captions[0].startswith("worst: output")
    np.testing.assert_array_equal(gallery.sheet[1], CLEAN[made.examples["worst"][0].position])


def test_gray_and_larger_targets(tmp_path: Path, gallery_of: Callable[[Sequence[Any]], Any]) -> None:
    target = RANDOM.integers(0, 65536, (4, 20, 20, 1)).astype(np.uint16)
    evaluator = ReconstructionEvaluator("large", 4, sees_images=True)
    small = target[:, ::2, ::2]
    evaluator.add(np.arange(4), {"image": small, "large": target}, (target / 65535).astype(np.float32))
    made = evaluator.report()
    assert "input_psnr" not in made.measures
    assert made.measures["psnr"].min() > 90
    assert made.write(tmp_path, gallery_of(small)).pictures
