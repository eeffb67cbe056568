"""Segmentation from a config to a run and its evaluation: on shapes, and on files of any size."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import DataError
from shapenet.evaluation.evaluate import evaluate
from shapenet.experiment import load_experiment
from shapenet.rundir.paths import RunDir
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter

SHAPES = """\
name: masks
seed: 3
task: segmentation
data:
  source: {shapes: {classes: [square, triangle], num_images: 320, size: 16, scale: [0.5, 0.9], contrast: 0.5}}
  split: {val: 0.2, test: 0.2}
model:
  layers:
    - Conv2D: {filters: 8, kernel_size: 3, padding: same, use_bias: false}
    - BatchNormalization: {momentum: 0.8}
    - ReLU: {name: fine}
    - MaxPooling2D
    - Conv2D: {filters: 16, kernel_size: 3, padding: same, activation: relu}
    - UpSampling2D: {name: coarse}
    - Concatenate: {inputs: [fine, coarse]}
optimizer:
  Adam: {learning_rate: 1e-2}
metrics: [mean_iou, dice, pixel_accuracy]
training: {batch_size: 8, epochs: 8}
"""
FILES = """\
name: files
seed: 3
task: segmentation
data:
  source: {csv: {path: dataset.csv, masks: [mask], size: any}}
  split: {val: 0.25, test: 0.25}
model:
  layers:
    - Conv2D: {filters: 4, kernel_size: 3, padding: same, activation: relu}
training: {batch_size: 4, epochs: 1}
"""


def train_in(folder: Path, config: str, *overrides: str) -> RunDir:
    (folder / "masks.yaml").write_text(config, encoding="utf-8")
    return train(load_experiment(folder / "masks.yaml", overrides), folder / "runs", (), Reporter()).run


def rows_of(run: RunDir) -> list[dict[str, float]]:
    return [json.loads(line) for line in run.metrics.read_text().splitlines()]


def figures_of(run: RunDir, split: str) -> dict[str, object]:
    folder = evaluate(run, split=split, data=None, reporter=Reporter()).folder
    return json.loads((folder / "metrics.json").read_text())


def write_masks(folder: Path, count: int = 16, *, fraction: float = 0.5, sides: tuple[int, ...] = (12, 20)) -> Path:
    """Noise with black and white masks in sizes that vary; so large a part of their pixels is white."""
    rng = np.random.default_rng(1)
    with (folder / "dataset.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "mask"))
        for number in range(count):
            shape = sides[number % len(sides)], sides[0]
            Image.fromarray(rng.integers(0, 255, (*shape, 3), np.uint8)).save(folder / f"{number}.png")
            mask = np.where(rng.random(shape) < fraction, 255, 0).astype(np.uint8)
            Image.fromarray(mask).save(folder / f"mask{number}.png")
            writer.writerow((f"{number}.png", f"mask{number}.png"))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return train_in(tmp_path_factory.mktemp("shapes"), SHAPES)


def test_it_learns_more_than_the_background(run: RunDir) -> None:
    figures = figures_of(run, "test")
    background = sum(figures["confusion"][0]) / figures["num_pixels"]
    assert figures["mean_iou"] > background / 3 + 0.15
    assert [row["class"] for row in figures["per_class"]] == ["background", "square", "triangle"]
    assert figures["num_pixels"] == figures["num_examples"] * 16 * 16


def test_the_best_weights_in_a_new_model_give_what_training_saw(run: RunDir) -> None:
    best = min(rows_of(run), key=lambda row: row["val_loss"])
    figures = figures_of(run, "val")
    for name in ("loss", "mean_iou", "dice", "pixel_accuracy"):
        assert figures[name] == pytest.approx(best[f"val_{name}"], rel=1e-4)


def test_the_files_of_an_evaluation(run: RunDir) -> None:
    evaluation = evaluate(run, split="test", data=None, reporter=Reporter())
    with (evaluation.folder / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 64
    assert all(row["name"].startswith("shapes/") and 0 <= float(row["iou"]) <= 1 for row in rows)
    for name in ("masks.png", "confusion.png"):
        with Image.open(evaluation.folder / name) as picture:
            picture.load()


@pytest.mark.parametrize(
    "overrides",
    [
        ("training.precision=mixed_bfloat16", "loss=DiceCrossentropy", "training.jit_compile=true"),
        (
            "loss=Tversky",
            "training.class_weight=balanced",
            "data.augment=[RandomFlip, {RandomRotation: {factor: 0.1}}, CutMix]",
        ),
        ("loss=CategoricalFocalCrossentropy", "metrics=[{MeanIoU: {num_classes: 3}}]"),
    ],
)
def test_other_losses_precisions_and_augmentations(tmp_path: Path, overrides: tuple[str, ...]) -> None:
    made = train_in(tmp_path, SHAPES, "training.epochs=2", *overrides)
    first, last = rows_of(made)
    assert last["loss"] < first["loss"]
    assert 0 < figures_of(made, "test")["mean_iou"] < 1


def test_beside_classification_on_one_trunk(tmp_path: Path) -> None:
    made = train_in(
        tmp_path, SHAPES.replace("task: segmentation", "task: {mask: segmentation, kind: classification}"),
        "model.layers=[{Conv2D: {filters: 4, kernel_size: 3, padding: same, name: features}}, GlobalMaxPooling2D]",
        "model.outputs={mask: features}",
        "metrics={mask: [dice]}", "loss={mask: SoftDice}", "training.class_weight={mask: balanced}",
        "training.epochs=1",
    )  # fmt: skip
    figures = figures_of(made, "test")
    assert figures["mask_dice"] == pytest.approx(figures["mask"]["dice"], rel=1e-5)
    assert (made.eval_dir("test") / "mask" / "masks.png").is_file()


def test_images_of_any_size_with_black_and_white_masks(tmp_path: Path) -> None:
    made = train_in(write_masks(tmp_path), FILES)
    figures = figures_of(made, "test")
    assert [row["class"] for row in figures["per_class"]] == ["background", "foreground"]
    with Image.open(made.eval_dir("test") / "masks.png") as picture:
        picture.load()
    (tmp_path / "others").mkdir()
    others = write_masks(tmp_path / "others", 6, fraction=0.0, sides=(12,)) / "dataset.csv"
    evaluation = evaluate(made, split="test", data=others, reporter=Reporter())
    assert json.loads((evaluation.folder / "metrics.json").read_text())["per_class"][1]["num_pixels"] == 0


def test_a_weight_multiplies_the_loss_of_its_pixels(tmp_path: Path) -> None:
    """With outputs of 1/2 everywhere, a pixel's loss is its weight times log 2."""
    folder = write_masks(tmp_path, fraction=0.25, sides=(8,))
    even = "{Conv2D: {filters: 2, kernel_size: 1, kernel_initializer: zeros, activation: softmax}}"
    made = train_in(
        folder, FILES, f"model.layers=[{even}]", "model.head=none", "training.class_weight={foreground: 5}",
        "data.split={val: 0.0, test: 0.0}", "training.batch_size=16", "optimizer.Adam.learning_rate=1e-30",
    )  # fmt: skip
    white = np.mean([np.asarray(Image.open(folder / f"mask{number}.png")) == 255 for number in range(16)])
    (row,) = rows_of(made)
    assert row["loss"] == pytest.approx(math.log(2) * (1 + 4 * white), rel=1e-5)


def test_weights_find_more_of_a_rare_class(tmp_path: Path) -> None:
    folder = write_masks(tmp_path, 48, fraction=0.1, sides=(8,))
    recalls = {}
    for weight in ("null", "balanced"):
        made = train_in(folder, FILES, f"training.class_weight={weight}", "training.epochs=3")
        recalls[weight] = figures_of(made, "test")["per_class"][1]["recall"]
    assert recalls["null"] < 0.1
    assert recalls["balanced"] > 0.25


@pytest.mark.parametrize("number", range(2))
def test_a_value_outside_is_told_with_its_record(tmp_path: Path, number: int) -> None:
    folder = write_masks(tmp_path, sides=(8,))
    wrong = np.zeros((8, 8), np.uint8)
    wrong[2, 3] = 77
    for index in range(number * 8, number * 8 + 8):
        Image.fromarray(wrong).save(folder / f"mask{index}.png")
    with pytest.raises(DataError, match=r"holds 77 in .*\.png: expected values 0 and 255 \(noise, light\)"):
        train_in(folder, FILES, "task={segmentation: {classes: [noise, light]}}")
