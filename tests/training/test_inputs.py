"""Training of models whose input is fields of a record, from config to evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.data.batches import Batches
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.errors import ConfigError
from shapenet.evaluation.evaluate import evaluate
from shapenet.experiment import Experiment
from shapenet.training.build import build_augmenter, build_for_inspection, compile_model
from shapenet.training.check import check_experiment
from shapenet.training.data import load_data, open_sources
from shapenet.training.feed import to_dataset
from shapenet.training.fields import batch_fields, check_fields, data_spec
from shapenet.training.fit import TrainingResult
from shapenet.training.lr_find import RateOptions, find_learning_rate
from shapenet.training.reporter import Reporter
from shapenet.training.statistics import SplitStatistics

from .conftest import Recorder, experiment_in, train_in

DRAWING = """\
name: drawing
seed: 3
task: reconstruction
data:
  source: {shapes: {classes: [square, ring], num_images: 200, size: 8, noise: 0.0}}
  split: {val: 0.2, test: 0.2}
model:
  input: {fields: [label, centre, size, angle, foreground], periods: {angle: 360}}
  layers:
    - Dense: {units: 64, activation: relu}
    - Reshape: {target_shape: [2, 2, 16]}
    - Conv2DTranspose: {filters: 8, kernel_size: 4, strides: 4, activation: relu}
optimizer: {Adam: {learning_rate: 1e-2}}
training: {batch_size: 16, epochs: 3, steps_per_execution: 2}
"""
POINTS = """\
name: points
task: {draw: reconstruction, where: {regression: {fields: [centre], points: [centre]}}}
data:
  source: {shapes: {classes: [square, ring], num_images: 40, size: 8}}
  augment: [{RandomTranslation: {height_factor: 0.5, width_factor: 0.5}}]
model:
  input: {fields: [label, centre]}
  layers: [{Dense: {units: 192}}]
training: {batch_size: 16}
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingResult, Recorder]:
    """A run that draws shapes from numbers, and what its reporter heard."""
    reporter = Recorder()
    return train_in(tmp_path_factory.mktemp("drawn"), config=DRAWING, reporter=reporter), reporter


def test_it_learns_and_is_judged_by_the_same_numbers(drawn: tuple[TrainingResult, Recorder]) -> None:
    result, reporter = drawn
    rows = [json.loads(line) for line in result.run.metrics.read_text().splitlines()]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert reporter.start is not None
    assert reporter.start.inputs == ("label", "centre", "size", "angle", "foreground")
    best = min(rows, key=lambda row: row["val_loss"])
    evaluation = evaluate(result.run, split="val", data=None, reporter=Reporter())
    assert evaluation.figures["loss"] == pytest.approx(best["val_loss"], rel=1e-3)
    report = evaluation.reports[""].to_json()
    assert report["per_image"]["mse"]["mean"] == pytest.approx(best["val_loss"], rel=1e-3)
    assert "input_psnr" not in report["per_image"]


def test_the_run_records_the_statistics_of_the_numbers(drawn: tuple[TrainingResult, Recorder]) -> None:
    statistics = json.loads(drawn[0].run.run_json.read_text())["statistics"]
    assert sorted(statistics) == ["centre", "foreground", "size"]
    assert 3 < statistics["centre"]["mean"][0] < 5


def listed(folder: Path, kinds: list[str]) -> Path:
    """Plain images of gray levels that a CSV tells, beside their classes."""
    folder.mkdir()
    lines = ["path,label,level"]
    for number in range(40):
        level = number * 6 + (number % 2)
        Image.new("L", (4, 4), level).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{kinds[number % len(kinds)]},{level}")
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_numbers_of_a_csv_and_other_data(tmp_path: Path) -> None:
    path = listed(tmp_path / "a", ["odd", "even"])
    own = (f"data.source={{csv: {{path: {path}, numbers: [level]}}}}", "model.input={fields: [label, level]}")
    layers = "model.layers=[{Dense: {units: 32, activation: relu}}, {Dense: {units: 16}}]"
    result = train_in(tmp_path, *own, layers, "training.epochs=30", config=DRAWING)
    other = listed(tmp_path / "b", ["even"])
    evaluation = evaluate(result.run, split="test", data=other, reporter=Reporter())
    assert evaluation.num_examples == 40
    assert evaluation.figures["loss"] < 0.02
    strange = listed(tmp_path / "c", ["odd", "neither"])
    with pytest.raises(Exception, match="neither"):
        evaluate(result.run, split="test", data=strange, reporter=Reporter())


def test_no_image_is_read_where_none_is_needed(tmp_path: Path) -> None:
    overrides = ("task={regression: {fields: [area]}}", "model.input={fields: [size, label]}", "model.layers=[ReLU]")
    experiment = experiment_in(tmp_path, *overrides, config=DRAWING)
    assert batch_fields(experiment.config) == ("size", "label", "area")
    result = train_in(tmp_path, *overrides, "training.limit_batches=3", config=DRAWING)
    assert "r2" in evaluate(result.run, split="test", data=None, reporter=Reporter()).figures


def test_classes_can_be_told_by_numbers(tmp_path: Path) -> None:
    overrides = (
        "task=classification", "model.input={fields: [area, size]}", "model.layers=[{Dense: {units: 16}}, ReLU]",
        "training.class_weight=balanced",
    )  # fmt: skip
    result = train_in(tmp_path, *overrides, config=DRAWING)
    assert "accuracy" in evaluate(result.run, split="test", data=None, reporter=Reporter()).figures


def test_the_learning_rate_finder_feeds_them(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path, config=DRAWING)
    options = RateOptions(1e-4, 1e-2, 5)
    sweep = find_learning_rate(experiment, tmp_path, options, Reporter(), on_step=lambda _: None)
    assert len(sweep.points) == 5


def test_points_that_a_task_names_follow_an_image_that_moves(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path, config=POINTS)
    given, targets, plain = next(fed(experiment))
    np.testing.assert_array_equal(given["centre"], targets["where"])
    assert not np.allclose(given["centre"], plain["centre"])


def fed(experiment: Experiment) -> Iterator[tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """What the model of an experiment is given and is to give, batch by batch, beside the records."""
    config = experiment.config
    dataset = load_data(experiment, open_sources(config), Reporter())
    train = dataset.splits["train"]
    data = data_spec(train, dataset.classes, SplitStatistics(dataset.splits, dataset.names))
    compiled = compile_model(config, data, steps_per_execution=1)
    batches = Batches(train, 16, fields=batch_fields(config))
    feed = to_dataset(
        batches, compiled.encode, augmenter=build_augmenter(config, data, compiled.bound), inputs=compiled.inputs
    )
    for (given, targets), group in zip(feed.as_numpy_iterator(), batches.groups(1), strict=False):
        yield given, targets, {name: values[0] for name, values in group.items()}


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (("data.augment=[RandomFlip]",), "the input 'centre' would not follow"),
        (("data.augment=[MixUp]", "model.input={fields: [label]}"), "MixUp mixes images of several classes"),
        (
            ("data.augment=[RandomFlip]", "task={regression: {fields: [area]}}", "model.layers=[ReLU]"),
            "no image goes in, and none is learnt",
        ),
    ],
)
def test_augmentation_that_numbers_would_not_follow_is_refused(
    tmp_path: Path, overrides: tuple[str, ...], text: str
) -> None:
    experiment = experiment_in(tmp_path, *overrides, config=DRAWING)
    for check in (build_for_inspection, lambda one: load_data(one, open_sources(one.config), Reporter())):
        with pytest.raises(ConfigError, match=text) as caught:
            check(experiment)
        assert caught.value.problems[0].key == ("data", "augment")


def test_a_label_keeps_to_an_image_that_moves(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path, "data.augment=[RandomFlip]", "model.input={fields: [label]}", config=DRAWING)
    assert build_for_inspection(experiment).model.input_shape == (None,)


@pytest.mark.parametrize(
    ("override", "key", "text"),
    [
        ("model.input.fields=[label, sise]", ("data", "source"), "model.input needs the field 'sise'"),
        ("model.input={fields: [clean]}", ("model", "input", "fields"), "expected numbers in the field 'clean'"),
    ],
)
def test_fields_that_are_not_there_or_no_numbers_are_told(
    tmp_path: Path, override: str, key: tuple[str, ...], text: str
) -> None:
    with pytest.raises(ConfigError, match=text) as caught:
        build_for_inspection(experiment_in(tmp_path, override, config=DRAWING.replace(", periods: {angle: 360}", "")))
    assert caught.value.problems[0].key == key


@pytest.mark.parametrize(
    ("source", "field", "hint"),
    [
        ("{csv: {path: a.csv}}", "x", "numbers: [x]"),
        ("{take: {source: {csv: {path: a.csv}}, count: 3}}", "x", "numbers: [x]"),
        ("{csv: {path: a.csv}}", "labels", "label_separator"),
        ("{folder: {path: .}}", "mask", "masks: ..."),
        ("{folder: {path: .}}", "x", "a csv makes fields of columns"),
        ("{shapes: {classes: [square]}}", "sise", "did you mean size?"),
    ],
)
def test_the_hint_says_how_that_source_names_a_field(tmp_path: Path, source: str, field: str, hint: str) -> None:
    config = experiment_in(
        tmp_path, f"data.source={source}", f"model.input={{fields: [{field}]}}", config=DRAWING
    ).config
    records = ShapesRecords(ShapesParameters(classes=("square",), size=8))
    with pytest.raises(ConfigError, match=f"model.input needs the field '{field}'") as caught:
        check_fields(config, records, config.data.source, ())
    assert hint in str(caught.value.problems[0].hint)


def test_scaling_of_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"model\.input_scaling is for images"):
        check_experiment(experiment_in(tmp_path, "model.input_scaling=none", config=DRAWING))
