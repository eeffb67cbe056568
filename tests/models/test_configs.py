"""The configs that come with the package: their models build, as small as their headers promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapenet.experiment import load_experiment
from shapenet.models.build import InputSpec, build_model
from shapenet.tasks.classification.single import BoundClassification
from shapenet.training.build import build_for_inspection
from shapenet.training.check import check_experiment
from tests.tasks.specs import spec_of

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
NAMES = ("demo", "mnist_cnn", "mnist_mixer", "mnist_resnet", "mnist_vit", "shapes_cnn", "shapes_fcn", "shapes_mlp")


def model_of(name: str, *overrides: str, shape: tuple[int | None, ...] | None = None) -> Any:
    experiment = load_experiment(CONFIGS / f"{name}.yaml", overrides)
    check_experiment(experiment)
    config, given = experiment.config, experiment.config.data.source.arguments
    is_drawn = config.data.source.name == "shapes"
    spec = (given["size"], given["size"], 3) if is_drawn else (28, 28, 1)
    task = BoundClassification(spec_of(len(given["classes"]) if is_drawn else 10))
    with experiment.locating():
        return build_model(config.model, {"": task}, InputSpec(shape or spec, "uint8"), config.name)


@pytest.mark.parametrize("name", NAMES)
def test_its_model_builds(name: str) -> None:
    assert 0 < model_of(name).count_params() < 10_000_000


@pytest.mark.parametrize(("name", "key"), [("mnist_resnet", "width"), ("mnist_vit", "dim"), ("mnist_mixer", "depth")])
def test_parameters_of_a_model_change_it(name: str, key: str) -> None:
    small, large = (model_of(name, f"model.parameters.{key}={value}").count_params() for value in (8, 16))
    assert small < large


def test_the_fully_convolutional_one_takes_any_size() -> None:
    assert model_of("shapes_fcn", shape=(None, None, 3)).input_shape == (None, None, None, 3)


@pytest.mark.parametrize("kind", ["denoising", "drawing", "multilabel", "multitask", "regression", "unet"])
def test_it_builds_with_its_own_tasks(kind: str) -> None:
    experiment = load_experiment(CONFIGS / f"shapes_{kind}.yaml")
    check_experiment(experiment)
    model = build_for_inspection(experiment).model
    assert 0 < model.count_params() < 10_000_000
    assert len(model.outputs) == (3 if kind == "multitask" else 1)
