"""The configs that come with the package: their models build, as small as their headers promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.experiment import load_experiment
from shapenet.models.build import InputSpec, build_model
from shapenet.training.check import check_experiment

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
MODELS = sorted(path for path in CONFIGS.glob("*.yaml") if "\nmodel:" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_its_model_builds(path: Path) -> None:
    experiment = load_experiment(path)
    check_experiment(experiment)
    config = experiment.config
    if config.data.source.name == "shapes":
        side = config.data.source.arguments["size"]
        spec = InputSpec((side, side, 3), "uint8", len(config.data.source.arguments["classes"]))
    else:
        spec = InputSpec((28, 28, 1), "uint8", 10)
    with experiment.locating():
        model = build_model(config.model, config.task.create(), spec, config.name)
    assert model.output_shape == (None, spec.num_classes)
    assert 0 < model.count_params() < 10_000_000


@pytest.mark.parametrize(("name", "key"), [("mnist_resnet", "width"), ("mnist_vit", "dim"), ("mnist_mixer", "depth")])
def test_parameters_of_a_model_change_it(name: str, key: str) -> None:
    counts = []
    for value in (1, 2):
        overrides = (f"model.parameters.{key}={8 * value}", *(["model.parameters.heads=2"] if key == "dim" else []))
        experiment = load_experiment(CONFIGS / f"{name}.yaml", overrides)
        model = build_model(
            experiment.config.model, experiment.config.task.create(), InputSpec((28, 28, 1), "uint8", 10), "m"
        )
        counts.append(model.count_params())
    assert counts[0] < counts[1]


def test_the_fully_convolutional_one_takes_any_size() -> None:
    config = load_experiment(CONFIGS / "shapes_fcn.yaml").config
    model = build_model(config.model, config.task.create(), InputSpec((None, None, 3), "uint8", 2), "m")
    assert model.input_shape == (None, None, None, 3)
