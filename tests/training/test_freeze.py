"""Frozen layers keep their weights and statistics, up to the epoch that a config names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shapenet.errors import ConfigError
from shapenet.training.build import build_for_inspection
from shapenet.training.freeze import build_optimizer

from .conftest import CONFIG, experiment_in, train_in
from .weights import compiled_in, weights_at

LAYERS = (
    "model.layers=[{Conv2D: {filters: 4, kernel_size: 3, name: conv1}}, {BatchNormalization: {name: norm1}}, "
    "MaxPooling2D, {Conv2D: {filters: 4, kernel_size: 3, name: conv2}}, Flatten]"
)
CONV1, NORM1, CONV2 = "layers/conv2d/vars/0", "layers/batch_normalization/vars", "layers/conv2d_1/vars/0"


def test_frozen_layers_stay_as_they_are(tmp_path: Path) -> None:
    start = compiled_in(tmp_path, LAYERS).model
    result = train_in(tmp_path, LAYERS, "training.freeze=[conv1, 'norm*']", "training.epochs=1")
    end = weights_at(result.run.last_dir)
    np.testing.assert_array_equal(end[CONV1], start.get_layer("conv1").get_weights()[0])
    for number, values in enumerate(start.get_layer("norm1").get_weights()):  # its moving statistics too
        np.testing.assert_array_equal(end[f"{NORM1}/{number}"], values)
    assert not np.array_equal(end[CONV2], start.get_layer("conv2").get_weights()[0])


def test_the_layers_of_a_block_are_frozen_by_its_name(tmp_path: Path) -> None:
    unit = "model.define={unit: {layers: [{Conv2D: {filters: 4, kernel_size: 3, name: conv}}]}}"
    layers = (
        "model.layers=[{unit: {name: trunk}}, {repeat: {times: 2, name: tail, layers: [{unit: {name: a}}]}}, Flatten]"
    )
    for pattern in ("trunk/*", "trunk", "trunk.conv"):
        model = build_for_inspection(experiment_in(tmp_path, unit, layers, f"training.freeze={pattern}")).model
        assert [layer.name for layer in model.layers if not layer.trainable] == ["trunk.conv"]
    model = build_for_inspection(experiment_in(tmp_path, unit, layers, "training.freeze='tail/2/*'")).model
    assert [layer.name for layer in model.layers if not layer.trainable] == ["tail.2.a.conv"]


def test_layers_learn_from_the_epoch_that_is_given(tmp_path: Path) -> None:
    freeze = "training.freeze=[conv1, norm1, conv2]"
    steps = ["{at_epoch: 2, layers: conv1}", "{at_epoch: 3, layers: 'conv?'}"]
    start = compiled_in(tmp_path, LAYERS).model
    before = {CONV1: start.get_layer("conv1").get_weights()[0], CONV2: start.get_layer("conv2").get_weights()[0]}
    moved = []
    for epochs in (1, 2, 3):
        unfreeze = f"training.unfreeze=[{', '.join(steps[: epochs - 1])}]"
        result = train_in(tmp_path, LAYERS, freeze, unfreeze, f"training.epochs={epochs}")
        end = weights_at(result.run.last_dir)
        moved.append([not np.array_equal(end[name], before[name]) for name in (CONV1, CONV2)])
        assert not end[f"{NORM1}/2"].any()
    assert moved == [[False, False], [True, False], [True, True]]


def test_the_optimizer_has_a_place_for_all_that_will_learn(tmp_path: Path) -> None:
    freeze = ("training.freeze=[conv1, conv2]", "training.unfreeze={at_epoch: 2, layers: conv2}")
    training = experiment_in(tmp_path, LAYERS, *freeze).config.training
    model = compiled_in(tmp_path, LAYERS, *freeze).model
    build_optimizer(training, model)
    assert {v.path for v in model.trainable_variables} == {
        "norm1/gamma", "norm1/beta", "logits/kernel", "logits/bias"
    }  # fmt: skip
    paths = [v.path for v in model.optimizer.variables]
    assert any("conv2_kernel" in path for path in paths)
    assert not any("conv1_kernel" in path for path in paths)


@pytest.mark.parametrize("optimizer", ["Adam: {learning_rate: 1e-3", "Nadam: {learning_rate: 1e-3"])
def test_the_first_step_of_layers_that_thaw_is_that_of_a_new_training(tmp_path: Path, optimizer: str) -> None:
    start = compiled_in(tmp_path, LAYERS).model.get_layer("conv2").get_weights()[0]
    result = train_in(tmp_path, LAYERS, f"optimizer={{{optimizer}, gradient_accumulation_steps: 2}}}}",
                      "training.freeze=[conv2]", "training.unfreeze={at_epoch: 6}", "training.epochs=6",
                      "training.limit_batches=2")  # fmt: skip
    steps = np.abs(weights_at(result.run.last_dir)[CONV2] - start) / 1e-3
    expected = 1.0 if optimizer.startswith("Adam") else 1.063  # Nadam looks ahead
    assert np.median(steps) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("stopping", ["null", "{patience: 0, min_delta: 10.0}"])
def test_averaged_weights_are_those_of_their_own_layers(tmp_path: Path, stopping: str) -> None:
    ema = "optimizer={Adam: {learning_rate: 0.01, use_ema: true, ema_momentum: 0.9}}"
    start = compiled_in(tmp_path, LAYERS).model
    result = train_in(tmp_path, LAYERS, ema, "training.freeze=[conv1, conv2]", "training.epochs=3",
                      "training.unfreeze={at_epoch: 3, layers: conv2}",
                      f"training.early_stopping={stopping}")  # fmt: skip
    assert result.stopped_early == (stopping != "null")
    end = weights_at(result.run.last_dir)
    np.testing.assert_array_equal(end[CONV1], start.get_layer("conv1").get_weights()[0])
    stays = np.array_equal(end[CONV2], start.get_layer("conv2").get_weights()[0])
    assert stays == result.stopped_early


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training.freeze=[conv1, convv2]"], "no layer that 'convv2' means"),
        (["training.freeze=['*']"], "nothing can learn"),
        (["training.freeze=conv1", "training.unfreeze={at_epoch: 2, layers: conv2}"], "freezes no layer that 'conv2'"),
        (["training.unfreeze={at_epoch: 2}"], "does nothing without training.freeze"),
        (["training.freeze=conv1", "training.unfreeze={at_epoch: 9}"], "expected an epoch up to 2, received 9"),
        (["training.freeze=conv1", "training.unfreeze={at_epoch: 1}"], "at_epoch: expected at least 2|at least 2"),
    ],
)
def test_what_can_not_be_meant_is_an_error(tmp_path: Path, overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_for_inspection(experiment_in(tmp_path, LAYERS, *overrides))


def test_the_error_names_the_line(tmp_path: Path) -> None:
    config = CONFIG.replace("training: {batch_size: 16", "training: {freeze: [conv2d, dens], batch_size: 16")
    with pytest.raises(ConfigError) as caught:
        build_for_inspection(experiment_in(tmp_path, config=config))
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert problem.place.line == len(CONFIG.splitlines())
    assert problem.hint == "did you mean dense?"
