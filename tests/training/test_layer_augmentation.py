"""Which augmentations among a model's layers are told, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.errors import Key, Problem
from shapenet.experiment import load_experiment
from shapenet.tasks.base import Moves
from shapenet.training.build import build_for_inspection
from shapenet.training.layer_augmentation import layer_warnings

CONFIG = """\
name: within
data:
  source:
    shapes: {classes: [square, triangle], num_images: 60, size: 16, fields: [image, label, centre, size, angle, mask]}
task: classification
model:
  layers: [Identity, Flatten]
optimizer: Adam
training: {epochs: 1}
"""
NUMBERS = "{regression: {fields: [centre, size, angle], points: [centre], angles: {angle: 90}}}"
OF_NUMBERS = Moves(points=("centre",), angles=("angle",), others=("size",))
RANDOM_ZOOM = "{RandomZoom: {height_factor: 0.1}}"


def warnings(folder: Path, moves: Moves, *overrides: str) -> list[Problem]:
    (folder / "within.yaml").write_text(CONFIG, encoding="utf-8")
    return [*layer_warnings(load_experiment(folder / "within.yaml", overrides).config, [moves])]


@pytest.mark.parametrize(
    ("task", "moves", "layer", "fields"),
    [
        ("segmentation", Moves(masks=("mask",)), "RandomFlip", "mask"),
        ("segmentation", Moves(masks=("mask",)), "RandomGrayscale", None),
        ("segmentation", Moves(masks=("mask",)), "CutMix", "mask"),
        ("reconstruction", Moves(), "RandomFlip", "image"),
        ("reconstruction", Moves(), "{GaussianNoise: {stddev: 0.1}}", None),
        ("classification", Moves(), "RandomFlip", None),
        ("classification", Moves(), "MixUp", "label"),
        (NUMBERS, OF_NUMBERS, "RandomFlip", "angle, centre"),
        (NUMBERS, OF_NUMBERS, RANDOM_ZOOM, "centre, size"),
        (NUMBERS, OF_NUMBERS, "{RandomTranslation: {height_factor: 0.1, width_factor: 0.1}}", "centre"),
        ("{regression: {fields: [centre]}}", Moves(unknown=("centre",)), "RandomFlip", "centre"),
    ],
)
def test_what_is_no_longer_true_of_the_images_is_named(
    tmp_path: Path, task: str, moves: Moves, layer: str, fields: str | None
) -> None:
    found = [(problem.key, problem.message) for problem in warnings(tmp_path, moves, f"task={task}",
             f"model.layers=[Identity, {layer}, Flatten]")]  # fmt: skip
    name = layer.strip("{").partition(":")[0]
    expected: list[tuple[Key, str]] = [
        (("model", "layers", 1), f"{name} changes images within the model, but not what is learnt of them: {fields}")
    ]
    assert found == (expected if fields else [])


@pytest.mark.parametrize(
    ("layers", "places"),
    [
        ("RandomFlip, {RandomBrightness: {factor: 0.1}}", [1]),
        ("{RandomBrightness: {factor: 0.1, value_range: [0, 1]}}", []),
        ("{Rescaling: {scale: 255}}, {RandomBrightness: {factor: 0.1}}", []),
        ("AutoContrast, RandomInvert", [0, 1]),
    ],
)
def test_of_layers_that_see_the_images_the_range_is_told(tmp_path: Path, layers: str, places: list[int]) -> None:
    found = warnings(tmp_path, Moves(), f"model.layers=[{layers}, Flatten]")
    assert [problem.key for problem in found] == [("model", "layers", place) for place in places]
    assert all("expects values from 0 to 255, and the model's images" in problem.message for problem in found)
    unscaled = warnings(tmp_path, Moves(), f"model.layers=[{layers}, Flatten]", "model.input_scaling=none")
    assert unscaled == []


def test_a_built_model_has_the_warning_at_its_layer(tmp_path: Path) -> None:
    (tmp_path / "within.yaml").write_text(CONFIG, encoding="utf-8")
    conv = "{Conv2D: {filters: 4, kernel_size: 3, padding: same}}"
    experiment = load_experiment(tmp_path / "within.yaml", ["task=segmentation", f"model.layers=[RandomFlip, {conv}]"])
    (warning,) = build_for_inspection(experiment).warnings
    assert warning.key == ("model", "layers", 0)
    assert warning.message.endswith("not what is learnt of them: mask")
