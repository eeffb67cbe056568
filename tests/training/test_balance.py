"""Classes of unequal size: told, weighed or shown more often, and what that does to a model."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shapenet.errors import ConfigError
from shapenet.rundir.manifest import read_manifest
from shapenet.tasks.changed import changed_loss
from shapenet.training.balance import Balance, balanced_weights, check_weighable
from shapenet.training.data import load_data, open_sources
from shapenet.training.fit import TrainingResult
from shapenet.training.reporter import Reporter

from .conftest import Recorder, experiment_in, rows_without_times, train_in

CONFIG = """\
name: tiny
seed: 3
data:
  source: {csv: {path: noise.csv}}
  split: {val: 0.25, test: 0.0}
model:
  layers: [Flatten]
optimizer:
  Adam: {learning_rate: 1e-2}
training: {batch_size: 16, epochs: 8, monitor: loss}
"""
NUM_LARGE, NUM_SMALL = 176, 16


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images of noise: nothing in them tells the two classes apart."""
    folder = tmp_path_factory.mktemp("noise")
    generator = np.random.default_rng(0)
    with (folder / "noise.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "label", "split"))
        for number in range(NUM_LARGE + NUM_SMALL):
            Image.fromarray(generator.integers(0, 256, (4, 4), np.uint8)).save(folder / f"{number}.png")
            label = "large" if number < NUM_LARGE else "small"
            writer.writerow((f"{number}.png", label, "val" if number % 4 == 0 else "train"))
    return folder


def train_noise(noise: Path, *overrides: str) -> tuple[TrainingResult, Recorder]:
    reporter = Recorder()
    return train_in(noise, *overrides, reporter=reporter, config=CONFIG), reporter


def share_of_small(result: TrainingResult) -> float:
    """The mean probability that the best model gives to the smaller class, on validation images."""
    from shapenet.evaluation.evaluate import evaluate

    evaluation = evaluate(result.run, split="val", data=None, reporter=Reporter())
    rows = list(csv.DictReader(evaluation.predictions[""].open()))
    return float(np.mean([float(row["p_small"]) for row in rows]))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=9).filter(any))
def test_balanced_weights_give_each_class_the_same_weight_and_an_image_1_on_average(counts: list[int]) -> None:
    named = {str(label): count for label, count in enumerate(counts)}
    weights = balanced_weights(named)
    assert set(weights) == {name for name, count in named.items() if count}
    totals = [weight * named[name] for name, weight in weights.items()]
    assert np.ptp(totals) < 1e-9 * max(totals)
    assert sum(totals) == pytest.approx(sum(counts))


@pytest.mark.parametrize(("most", "told"), [(100, False), (101, True)])
def test_a_class_of_more_than_ten_times_anothers_images_is_told_with_both_remedies(most: int, told: bool) -> None:
    counts = {"cat": most, "dog": 10, "none": 0}
    assert len(Balance(counts).warnings()) == told
    for warning in Balance(counts).warnings():
        assert "101 images of cat but 10 of dog" in warning
        assert "class_weight: balanced or data.oversample: true" in warning
    assert Balance(counts, weights={"": {"cat": 1.0, "dog": 2.0, "none": 1.0}}).warnings() == ()
    assert Balance(counts, shown=most).warnings() == ()


def test_unequal_classes_are_told_once_and_counted_in_the_record(noise: Path) -> None:
    result, reporter = train_noise(noise, "training.epochs=1")
    assert sum("132 images of large but 12 of small" in warning for warning in reporter.warnings) == 1
    manifest = read_manifest(result.run.run_json)
    assert manifest.class_counts == {"train": {"large": 132, "small": 12}, "val": {"large": 44, "small": 4}}
    assert manifest.class_weight is None


def test_a_column_named_split_is_told_where_the_config_leaves_it_open(noise: Path) -> None:
    open_config = CONFIG.replace("  split: {val: 0.25, test: 0.0}\n", "")
    reporter = Recorder()
    train_in(noise, "training.epochs=1", reporter=reporter, config=open_config)
    assert sum("data.split: {column: split} goes by it" in warning for warning in reporter.warnings) == 1
    _, reporter = train_noise(noise, "training.epochs=1")
    assert not any("goes by it" in warning for warning in reporter.warnings)


@pytest.mark.parametrize("loss", ["SparseCategoricalCrossentropy", "CategoricalCrossentropy"])
def test_balanced_weights_make_the_model_expect_the_rarer_class(noise: Path, loss: str) -> None:
    plain, _ = train_noise(noise, f"loss={loss}")
    weighed, reporter = train_noise(noise, f"loss={loss}", "training.class_weight=balanced")
    assert share_of_small(plain) < 0.2
    assert share_of_small(weighed) > share_of_small(plain) + 0.1
    assert reporter.start is not None
    assert reporter.start.balance.weights[""] == pytest.approx({"large": 144 / 264, "small": 6.0})
    assert read_manifest(weighed.run.run_json).class_weight == pytest.approx({"large": 144 / 264, "small": 6.0})
    assert not any("class_weight" in warning for warning in reporter.warnings)


def test_validation_is_not_weighed(noise: Path) -> None:
    frozen = ("training.epochs=1", "optimizer={SGD: {learning_rate: 1e-30}}")
    plain, weighed = (train_noise(noise, *frozen, *more)[0] for more in ((), ("training.class_weight={small: 50}",)))
    (before,), (after,) = rows_without_times(plain), rows_without_times(weighed)
    assert after["loss"] != pytest.approx(before["loss"], rel=0.01)
    assert {k: v for k, v in after.items() if k != "loss"} == {k: v for k, v in before.items() if k != "loss"}


def test_weights_that_are_not_named_are_1(noise: Path) -> None:
    result, _ = train_noise(noise, "training.epochs=1", "training.class_weight={small: 3}")
    assert json.loads(result.run.run_json.read_text())["class_weight"] == {"large": 1.0, "small": 3.0}


def test_an_unknown_class_is_told_with_its_place_and_the_nearest_name(noise: Path) -> None:
    with pytest.raises(ConfigError, match="the data has no class 'smal'") as caught:
        train_noise(noise, "training.class_weight={smal: 3}")
    (problem,) = caught.value.problems
    assert problem.hint == "did you mean small?"
    assert problem.place is not None


def test_oversampling_shows_every_class_equally_often(noise: Path) -> None:
    result, reporter = train_noise(noise, "data.oversample=true")
    assert reporter.start is not None
    assert reporter.start.balance.shown == 132
    assert reporter.steps[-1] == (8, 264, 264)
    assert share_of_small(result) > 0.3
    again, _ = train_noise(noise, "data.oversample=true")
    assert rows_without_times(result) == rows_without_times(again)


def test_weights_in_a_loss_of_the_whole_batch_are_refused() -> None:
    import keras

    check_weighable({"": {}}, {"": keras.losses.SparseCategoricalCrossentropy()})
    check_weighable({}, {"": keras.losses.Dice()})
    check_weighable({"": {}}, {"": keras.losses.Dice(axis=[1])})
    changed = changed_loss(keras.losses.Tversky(), lambda true, logits: (true, keras.ops.softmax(logits)))
    for loss in (keras.losses.Dice(), changed):
        with pytest.raises(ConfigError, match="class_weight does nothing in"):
            check_weighable({"": {}}, {"": loss})


def test_balanced_classes_where_no_task_has_any_are_refused(tmp_path: Path) -> None:
    tasks = "task={a: {regression: {fields: [centre]}}, b: {regression: {fields: [size]}}}"
    experiment = experiment_in(tmp_path, tasks, "training.class_weight=balanced")
    with pytest.raises(ConfigError, match="none of the tasks a, b has classes to weigh") as caught:
        load_data(experiment, open_sources(experiment.config), Reporter())
    assert caught.value.problems[0].key == ("training", "class_weight")
