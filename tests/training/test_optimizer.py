"""What a config says of its optimizer reaches the weights: decay, averages, accumulation, layers' own rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.errors import ConfigError
from shapenet.evaluation.evaluate import evaluate
from shapenet.training.build import Compiled
from shapenet.training.check import check_experiment
from shapenet.training.reporter import Reporter

from .conftest import CONFIG, experiment_in, rows_without_times, train_in
from .weights import compiled_in, weights_at


def decaying(compiled: Compiled) -> set[str]:
    optimizer, model = compiled.model.optimizer, compiled.model
    return {variable.path for variable in model.trainable_variables if optimizer._use_weight_decay(variable.value)}


def test_biases_scales_and_offsets_do_not_decay(tmp_path: Path) -> None:
    layers = "model.layers=[{Conv2D: {filters: 2, kernel_size: 3, name: conv}}, BatchNormalization, Flatten]"
    compiled = compiled_in(tmp_path, layers, "optimizer={AdamW: {weight_decay: 0.05}}")
    assert decaying(compiled) == {"conv/kernel", "logits/kernel"}


def test_biases_of_several_axes_do_not_decay(tmp_path: Path) -> None:
    tokens = "PReLU, {PatchEmbedding: {patch_size: 4, dim: 8}}, {TransformerEncoder: {num_heads: 2}}, {GRU: {units: 3}}"
    paths = decaying(compiled_in(tmp_path, f"model.layers=[{tokens}]", "optimizer={AdamW: {weight_decay: 0.05}}"))
    assert {path.rpartition("/")[2] for path in paths} == {"kernel", "recurrent_kernel"}


def test_the_config_names_what_does_not_decay(tmp_path: Path) -> None:
    named = compiled_in(tmp_path, "optimizer={AdamW: {exclude_from_weight_decay: ['conv2d/*']}}")
    assert decaying(named) == {"dense/kernel", "dense/bias", "logits/kernel", "logits/bias"}
    assert len(decaying(compiled_in(tmp_path, "optimizer={AdamW: {exclude_from_weight_decay: []}}"))) == 6
    with pytest.raises(ConfigError, match="no variable that 'conv2d/kernell' means") as caught:
        compiled_in(tmp_path, "optimizer={SGD: {weight_decay: 0.1, exclude_from_weight_decay: [conv2d/kernell]}}")
    (problem,) = caught.value.problems
    assert problem.hint is not None
    assert problem.hint.startswith("did you mean conv2d/kernel")
    assert problem.key == ("optimizer", "SGD", "exclude_from_weight_decay", 0)


def test_decay_takes_place_in_training(tmp_path: Path) -> None:
    plain = train_in(tmp_path / "a", "optimizer={SGD: {learning_rate: 0.1}}", "training.epochs=1")
    decayed = train_in(tmp_path / "b", "optimizer={SGD: {learning_rate: 0.1, weight_decay: 9.0}}", "training.epochs=1")
    left, right = (weights_at(one.run.last_dir) for one in (plain, decayed))
    kernel = "layers/dense/vars/0"
    assert np.abs(right[kernel]).mean() < 0.2 * np.abs(left[kernel]).mean()


def test_epochs_in_a_schedule_are_counted_in_batches(tmp_path: Path) -> None:
    rate = "learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: {epochs: 1.5}}}"
    for more in ("", ", gradient_accumulation_steps: 4"):  # Keras's schedules see batches all the same
        schedule = compiled_in(tmp_path, f"optimizer={{SGD: {{{rate}{more}}}}}").model.optimizer._learning_rate
        assert schedule.decay_steps == 15


def test_a_schedule_ends_with_the_training(tmp_path: Path) -> None:
    rate = "{PolynomialDecay: {initial_learning_rate: 0.1, end_learning_rate: 0.02}}"
    accumulated = f"optimizer={{SGD: {{learning_rate: {rate}, gradient_accumulation_steps: 2}}}}"
    result = train_in(tmp_path, accumulated, "training.epochs=4")
    rates = [row["learning_rate"] for row in rows_without_times(result)]
    assert rates == pytest.approx([0.08, 0.06, 0.04, 0.02])


@pytest.mark.parametrize("argument", ["clipnorm: 0.1", "clipvalue: 0.1", "global_clipnorm: 0.1", "use_ema: true"])
def test_arguments_of_keras_work(tmp_path: Path, argument: str) -> None:
    plain = train_in(tmp_path / "plain", "optimizer={SGD: {learning_rate: 0.5}}", "training.epochs=1")
    result = train_in(tmp_path / "with", f"optimizer={{SGD: {{learning_rate: 0.5, {argument}}}}}", "training.epochs=1")
    assert rows_without_times(result)[0]["val_loss"] != rows_without_times(plain)[0]["val_loss"]


def test_accumulated_gradients_are_those_of_a_large_batch(tmp_path: Path) -> None:
    data = ("data.source.shapes.num_images=192", "data.split={val: 0.5, test: 0}")
    large = train_in(tmp_path / "large", *data, "training.batch_size=32", "optimizer={SGD: {learning_rate: 0.1}}")
    small = train_in(
        tmp_path / "small", *data, "training.batch_size=8",
        "optimizer={SGD: {learning_rate: 0.1, gradient_accumulation_steps: 4}}",
    )  # fmt: skip
    left, right = (weights_at(one.run.last_dir) for one in (large, small))
    np.testing.assert_allclose(left["layers/dense/vars/0"], right["layers/dense/vars/0"], atol=1e-5)


def test_more_accumulated_gradients_than_the_training_has_are_an_error(tmp_path: Path) -> None:
    accumulate = "optimizer.Adam.gradient_accumulation_steps"
    limit = ("training.limit_batches=3", "training.epochs=2")
    start = compiled_in(tmp_path).model.get_weights()[0]
    enough = train_in(tmp_path, *limit, f"{accumulate}=6")
    assert not np.array_equal(weights_at(enough.run.last_dir)["layers/conv2d/vars/0"], start)
    with pytest.raises(ConfigError, match="up to 6, received 7: with 2 epochs of 3 batches the weights") as caught:
        train_in(tmp_path, *limit, f"{accumulate}=7")
    (problem,) = caught.value.problems
    assert problem.key == ("optimizer", "Adam", "gradient_accumulation_steps")


def test_with_ema_the_averaged_weights_are_validated_saved_and_evaluated(tmp_path: Path) -> None:
    ema = "optimizer={Adam: {learning_rate: 0.01, use_ema: true, ema_momentum: 0.9}}"
    averaged = train_in(tmp_path / "a", ema)
    named = train_in(tmp_path / "b", ema, "training.callbacks=[{SwapEMAWeights: {swap_on_epoch: true}}]")
    assert rows_without_times(averaged) == rows_without_times(named)
    plain = train_in(tmp_path / "c", "optimizer={Adam: {learning_rate: 0.01}}")
    rows, raw = rows_without_times(averaged), rows_without_times(plain)
    assert rows[-1]["loss"] == raw[-1]["loss"]  # averages change nothing in training
    assert rows[-1]["val_loss"] != raw[-1]["val_loss"]
    best = averaged.manifest.best
    assert best is not None
    figures = evaluate(averaged.run, split="val", data=None, reporter=Reporter()).figures
    assert figures["loss"] == pytest.approx(best.metrics["val_loss"], rel=1e-5)


def test_layers_learn_at_their_own_rates(tmp_path: Path) -> None:
    rates = "training.learning_rate_multipliers={'conv*': 0.0, 'dense': 0.5}"
    fixed = ("optimizer={Adam: {learning_rate: 0.01}}", "training.epochs=1", "training.batch_size=120")
    start = compiled_in(tmp_path, *fixed).model.get_weights()
    plain, own = train_in(tmp_path / "a", *fixed), train_in(tmp_path / "b", *fixed, rates)
    left, right = (weights_at(one.run.last_dir) for one in (plain, own))
    np.testing.assert_array_equal(right["layers/conv2d/vars/0"], start[0])
    step, half = left["layers/dense/vars/0"] - start[2], right["layers/dense/vars/0"] - start[2]
    np.testing.assert_allclose(half, step / 2, atol=1e-6)
    np.testing.assert_array_equal(left["layers/dense_1/vars/0"], right["layers/dense_1/vars/0"])


def test_a_pattern_that_means_no_layer_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no layer that 'conv2' means") as caught:
        compiled_in(tmp_path, "training.learning_rate_multipliers={conv2: 0.1}")
    (problem,) = caught.value.problems
    assert problem.hint == "did you mean conv2d?"
    assert problem.key == ("training", "learning_rate_multipliers", "conv2")


def test_layers_have_the_same_names_whatever_was_built_before(tmp_path: Path) -> None:
    names: list[Any] = [[layer.name for layer in compiled_in(tmp_path).model.layers] for _ in range(2)]
    assert names[0] == names[1]
    assert "conv2d" in names[0]


def test_a_schedule_that_can_not_work_is_told_at_its_line_before_data_is_read(tmp_path: Path) -> None:
    rate = "{CosineDecay: {initial_learning_rate: 0.1, warmup_target: 1.0, warmup_steps: {epochs: 2}}}"
    config = CONFIG.replace("learning_rate: 1e-2", f"learning_rate: {rate}")
    with pytest.raises(ConfigError, match="the other phases take the whole training") as caught:
        check_experiment(experiment_in(tmp_path, config=config))
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert "CosineDecay" in config.splitlines()[(problem.place.line or 0) - 1]


@pytest.mark.parametrize(
    ("optimizer", "argument", "switch"),
    [
        ("{Adam: {ema_momentum: 0.5}}", "ema_momentum", "use_ema"),
        ("{SGD: {ema_overwrite_frequency: 5}}", "ema_overwrite_frequency", "use_ema"),
        ("{Adam: {exclude_from_weight_decay: ['*/bias']}}", "exclude_from_weight_decay", "weight_decay"),
    ],
)
def test_arguments_that_do_nothing_are_refused(tmp_path: Path, optimizer: str, argument: str, switch: str) -> None:
    with pytest.raises(ConfigError, match=f"{argument} does nothing without {switch}") as caught:
        check_experiment(experiment_in(tmp_path, f"optimizer={optimizer}"))
    (problem,) = caught.value.problems
    assert problem.key[-1] == argument
    assert str(problem.hint).startswith(f"give {switch}")


@pytest.mark.parametrize(
    "optimizer",
    [
        "{Adam: {use_ema: true, ema_momentum: 0.5}}",
        "{Adam: {use_ema: false, ema_momentum: 0.5}}",
        "{AdamW: {exclude_from_weight_decay: []}}",
        "{SGD: {weight_decay: 0.0, exclude_from_weight_decay: []}}",
    ],
)
def test_what_is_turned_on_or_off_by_name_is_taken(tmp_path: Path, optimizer: str) -> None:
    check_experiment(experiment_in(tmp_path, f"optimizer={optimizer}"))
