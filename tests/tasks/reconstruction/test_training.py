"""Reconstructions from config to report: a denoiser, an autoencoder, a dense decoder, super-resolution."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import ConfigError
from shapenet.evaluation.evaluate import evaluate
from shapenet.training.fit import TrainingResult
from shapenet.training.reporter import Reporter

DENOISER = """\
name: denoiser
seed: 3
task: {reconstruction: {target: clean}}
data:
  source: {shapes: {classes: [square, circle], num_images: 400, size: 16, noise: 0.15}}
  split: {val: 0.1, test: 0.15}
model:
  layers:
    - Conv2D: {filters: 16, kernel_size: 3, padding: same, activation: relu}
    - Conv2D: {filters: 16, kernel_size: 3, padding: same, activation: relu}
optimizer: {Adam: {learning_rate: 5e-3}}
training: {batch_size: 16, epochs: 6}
"""
CONVOLUTION = "{Conv2D: {filters: 8, kernel_size: 3, padding: same, activation: relu}}"
Train = Callable[..., TrainingResult]


def rows_of(result: TrainingResult) -> list[dict[str, float]]:
    return [json.loads(line) for line in result.run.metrics.read_text().splitlines()]


def test_a_denoiser_is_better_than_its_input(train_text: Train) -> None:
    result = train_text(DENOISER)
    evaluation = evaluate(result.run, split="test", data=None, reporter=Reporter())
    per_image = evaluation.reports[""].to_json()["per_image"]
    assert per_image["psnr"]["mean"] > per_image["input_psnr"]["mean"] + 2
    assert per_image["psnr"]["mean"] == pytest.approx(evaluation.figures["psnr"], abs=1e-3)
    assert per_image["ssim"]["mean"] == pytest.approx(evaluation.figures["ssim"], abs=1e-4)
    assert per_image["mse"]["mean"] == pytest.approx(evaluation.figures["loss"], rel=1e-3)
    assert "examples.png" in {picture.name for picture in evaluation.pictures}
    best = min(rows_of(result), key=lambda row: row["val_loss"])
    again = evaluate(result.run, split="val", data=None, reporter=Reporter())
    for name in ("loss", "psnr", "ssim"):
        assert again.figures[name] == pytest.approx(best[f"val_{name}"], rel=1e-3)


@pytest.mark.parametrize(
    "layers",
    [
        f"[MaxPooling2D, {CONVOLUTION}, UpSampling2D]",
        "[Flatten, {Dense: {units: 16, activation: relu}}, {Dense: {units: 768}}]",
        f"[{{AveragePooling2D: {{pool_size: 2}}}}, UpSampling2D, {CONVOLUTION}]",
    ],
    ids=["autoencoder", "dense decoder", "super-resolution"],
)
def test_an_image_is_its_own_target(train_text: Train, layers: str) -> None:
    overrides = ("task=reconstruction", f"model.layers={layers}", "training.epochs=2", "data.augment=[RandomFlip]")
    result = train_text(DENOISER, *overrides, "training.precision=mixed_bfloat16")
    rows = rows_of(result)
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert "input_psnr" not in evaluate(result.run, split="test", data=None, reporter=Reporter()).reports[""].to_json()


def test_the_structural_similarity_can_be_learnt(train_text: Train) -> None:
    rows = rows_of(train_text(DENOISER, "loss=SSIM", "training.epochs=3", "training.monitor=val_ssim"))
    assert rows[-1]["ssim"] > rows[0]["ssim"]
    assert rows[-1]["loss"] == pytest.approx(1 - rows[-1]["ssim"], abs=1e-4)


def test_a_picture_that_the_layers_made_smaller_is_told_with_the_way_out(train_text: Train) -> None:
    with pytest.raises(ConfigError, match="16 x 16 pixels, the last layer gives 8 x 8") as raised:
        train_text(DENOISER, "model.layers=[MaxPooling2D]")
    assert "UpSampling2D: {size: 2}" in str(raised.value.problems[0].hint)


@pytest.fixture
def folder_of_sizes(tmp_path: Path) -> Path:
    """Gray pictures of three sizes in a folder for each of two classes."""
    random = np.random.default_rng(0)
    for number in range(36):
        side = (12, 16, 20)[number % 3]  # and 4 pixels wider
        ramp = np.linspace(random.integers(0, 100), random.integers(150, 255), side * (side + 4))
        path = tmp_path / "images" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(ramp.reshape(side, side + 4).astype(np.uint8)).save(path)
    return tmp_path / "images"


def test_images_of_any_size_train_convolutions(train_text: Train, folder_of_sizes: Path) -> None:
    source = f"data.source={{folder: {{path: {folder_of_sizes}, size: any}}}}"
    layers = f"model.layers=[MaxPooling2D, {CONVOLUTION}, UpSampling2D]"
    result = train_text(DENOISER, source, layers, "task=reconstruction", "training.epochs=3", "data.split.test=0.3")
    rows = rows_of(result)
    assert rows[-1]["loss"] < rows[0]["loss"]
    evaluation = evaluate(result.run, split="test", data=None, reporter=Reporter())
    per_image = evaluation.reports[""].to_json()["per_image"]
    assert per_image["psnr"]["mean"] == pytest.approx(evaluation.figures["psnr"], abs=1e-3)
    assert "examples.png" in {picture.name for picture in evaluation.pictures}


def test_sides_that_pooling_does_not_divide_are_told(train_text: Train, folder_of_sizes: Path) -> None:
    source = f"data.source={{folder: {{path: {folder_of_sizes}, size: any}}}}"
    layers = "model.layers=[{MaxPooling2D: {pool_size: 8}}, {UpSampling2D: {size: 8}}]"
    with pytest.raises(ConfigError, match="the model's output is not as large as the target") as raised:
        train_text(DENOISER, source, layers, "task=reconstruction")
    assert "give the source a size" in str(raised.value.problems[0].hint)
