"""Which augmentations among a model's layers are told, and why."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from shapenet.errors import Key, Problem
from shapenet.experiment import load_experiment
from shapenet.registry import REGISTRIES
from shapenet.tasks.base import Moves
from shapenet.training.build import build_for_inspection
from shapenet.training.layer_augmentation import _CLIP_ONLY, layer_warnings

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
MASK = Moves(masks=("mask",))
ZOOM = "{RandomZoom: {height_factor: 0.1}}"
BRIGHTNESS = "{RandomBrightness: {factor: 0.1}}"


def warnings(folder: Path, moves: dict[str, Moves], *overrides: str, dtype: str = "uint8") -> list[Problem]:
    (folder / "within.yaml").write_text(CONFIG, encoding="utf-8")
    tasks: Any = {name: SimpleNamespace(moves=each) for name, each in moves.items()}
    return layer_warnings(load_experiment(folder / "within.yaml", overrides).config, tasks, dtype)


@pytest.mark.parametrize(
    ("task", "moves", "layer", "fields"),
    [
        ("segmentation", MASK, "RandomFlip", "mask"),
        ("segmentation", MASK, "RandomGrayscale", None),
        ("segmentation", MASK, "CutMix", "mask"),
        ("reconstruction", Moves(), "RandomFlip", "image"),
        ("reconstruction", Moves(), "{GaussianNoise: {stddev: 0.1}}", None),
        ("classification", Moves(), "RandomFlip", None),
        ("classification", Moves(), "MixUp", "label"),
        (NUMBERS, OF_NUMBERS, "RandomFlip", "angle, centre"),
        (NUMBERS, OF_NUMBERS, ZOOM, "centre, size"),
        (NUMBERS, OF_NUMBERS, "{RandomTranslation: {height_factor: 0.1, width_factor: 0.1}}", "centre"),
        ("{regression: {fields: [centre]}}", Moves(unknown=("centre",)), "RandomFlip", "centre"),
    ],
)
def test_what_is_no_longer_true_of_the_images_is_named(
    tmp_path: Path, task: str, moves: Moves, layer: str, fields: str | None
) -> None:
    layers = f"model.layers=[Identity, {layer}, Flatten]"
    found = [(problem.key, problem.message) for problem in warnings(tmp_path, {"": moves}, f"task={task}", layers)]
    name = layer.strip("{").partition(":")[0]
    expected: list[tuple[Key, str]] = [
        (("model", "layers", 1), f"{name} changes images within the model, but not what is learnt of them: {fields}")
    ]
    assert found == (expected if fields else [])


@pytest.mark.parametrize(("layer", "fields"), [("a", ["label"]), ("b", ["label, mask"])])
def test_only_what_a_task_is_fed_with_counts(tmp_path: Path, layer: str, fields: list[str]) -> None:
    conv = "Conv2D: {filters: 4, kernel_size: 3, padding: same"
    overrides = (
        "task={shape: segmentation, kind: classification}",
        f"model.layers=[{{{conv}, name: a}}}}, MixUp, {{{conv}, name: b}}}}, Flatten]",
        f"model.outputs={{shape: {layer}}}",
    )
    found = warnings(tmp_path, {"shape": MASK, "kind": Moves()}, *overrides)
    assert [problem.message.partition("learnt of them: ")[2] for problem in found] == fields


@pytest.mark.parametrize(
    ("layers", "places"),
    [
        (f"RandomFlip, {BRIGHTNESS}", [(1,)]),
        (f"{{Resizing: {{height: 8, width: 8}}}}, {BRIGHTNESS}", [(1,)]),
        (f"{{repeat: {{times: 2, layers: [Identity, {BRIGHTNESS}]}}}}", [(0, "repeat", "layers", 1)]),
        (f"{{repeat: {{times: 0, layers: [{BRIGHTNESS}]}}}}", []),
        (f"{{group: {{layers: [{BRIGHTNESS}]}}}}", [(0, "group", "layers", 0)]),
        ("{RandomBrightness: {factor: 0.1, value_range: [0, 1]}}", []),
        (f"{{Rescaling: {{scale: 255}}}}, {BRIGHTNESS}", []),
        ("AutoContrast, RandomInvert, {RandomContrast: {factor: 0.1}}", [(0,), (1,)]),
    ],
)
def test_of_layers_that_see_the_images_the_range_is_told(tmp_path: Path, layers: str, places: list[Key]) -> None:
    overrides = f"model.layers=[{layers}, Flatten]"
    found = warnings(tmp_path, {"": Moves()}, overrides)
    assert [problem.key for problem in found] == [("model", "layers", *place) for place in places]
    assert all("expects values from 0 to 255, and the model's images" in problem.message for problem in found)
    assert warnings(tmp_path, {"": Moves()}, overrides, "model.input_scaling=none") == []
    assert warnings(tmp_path, {"": Moves()}, overrides, dtype="float32") == []


def test_layers_are_said_to_expect_a_range_if_they_do() -> None:
    """Those that can be told by the images that they make, with the same draws."""
    images = np.random.default_rng(0).uniform(0.2, 0.8, (8, 16, 16, 3)).astype(np.float32)
    needed = {"factor": 0.3, "brightness_factor": 0.2}
    differ = set()
    ranged = {entry.name: entry for entry in REGISTRIES["layer"] if "value_range" in entry.parameters}
    for name, entry in ranged.items():
        given = {key: needed[key] for key in needed if key in entry.parameters}
        given = {"RandomPosterization": {"factor": 4}, "RandomInvert": {}}.get(name, given)
        seed = {"seed": 3} if "seed" in entry.parameters else {}
        made = [getattr(keras.layers, name)(**given, **seed, value_range=pair) for pair in ((0, 255), (0, 1))]
        first, second = (np.asarray(layer(images, training=True)) for layer in made)
        if not np.allclose(first, second, atol=1e-5):
            differ.add(name)
    assert ranged.keys() - differ == _CLIP_ONLY


def test_a_built_model_has_the_warning_at_its_layer(tmp_path: Path) -> None:
    (tmp_path / "within.yaml").write_text(CONFIG, encoding="utf-8")
    conv = "{Conv2D: {filters: 4, kernel_size: 3, padding: same}}"
    experiment = load_experiment(tmp_path / "within.yaml", ["task=segmentation", f"model.layers=[RandomFlip, {conv}]"])
    (warning,) = build_for_inspection(experiment).warnings
    assert warning.key == ("model", "layers", 0)
    assert warning.message.endswith("not what is learnt of them: mask")
    assert warning.place is not None
