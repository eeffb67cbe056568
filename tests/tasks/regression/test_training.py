"""Regressions from config to report: they learn, whatever the precision, and a run's weights give its figures again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable

import numpy as np
import pytest

from shapenet.errors import ConfigError
from shapenet.evaluation.evaluate import evaluate
from shapenet.training.fit import TrainingResult
from shapenet.training.reporter import Reporter

CENTRES = """\
name: centres
seed: 3
task: {regression: {fields: [centre], points: [centre]}}
data:
  source: {shapes: {classes: [square, circle], num_images: 600, size: 16, scale: [0.3, 0.6]}}
  split: {val: 0.15, test: 0.15}
model:
  layers:
    - Conv2D: {filters: 16, kernel_size: 5, strides: 2, padding: same, activation: relu}
    - Conv2D: {filters: 32, kernel_size: 3, strides: 2, padding: same, activation: relu}
    - Flatten
    - Dense: {units: 32, activation: relu}
optimizer: {Adam: {learning_rate: 3e-3}}
training: {batch_size: 16, epochs: 8}
"""
Train = Callable[..., TrainingResult]


def rows_of(result: TrainingResult) -> list[dict[str, float]]:
    return [json.loads(line) for line in result.run.metrics.read_text().splitlines()]


@pytest.fixture(scope="module")
def centres(train_text: Train) -> TrainingResult:
    return train_text(CENTRES)


def test_centres_are_learnt_and_reported(centres: TrainingResult) -> None:
    rows = rows_of(centres)
    assert rows[-1]["loss"] < rows[0]["loss"] / 3
    evaluation = evaluate(centres.run, split="test", data=None, reporter=Reporter())
    assert evaluation.figures["r2"] > 0.7
    assert evaluation.figures["mae"] < 2
    assert {picture.name for picture in evaluation.pictures} >= {"scatter.png", "worst.png"}
    content = json.loads((evaluation.folder / "metrics.json").read_text())
    figures = {one["number"]: one for one in content["per_number"]}
    assert list(figures) == ["centre_x", "centre_y"]
    assert np.mean([one["mae"] for one in figures.values()]) == pytest.approx(evaluation.figures["mae"], rel=1e-4)
    assert np.mean([one["r2"] for one in figures.values()]) == pytest.approx(evaluation.figures["r2"], abs=1e-4)
    lines = list(csv.DictReader((evaluation.folder / "predictions.csv").read_text().splitlines()))
    assert len(lines) == content["num_examples"] == 90
    assert np.mean([abs(float(line["centre_x_error"])) for line in lines]) == pytest.approx(
        figures["centre_x"]["mae"], rel=1e-3
    )


def test_a_new_model_with_the_weights_gives_the_same_figures(centres: TrainingResult) -> None:
    best = min(rows_of(centres), key=lambda row: row["val_loss"])
    evaluation = evaluate(centres.run, split="val", data=None, reporter=Reporter())
    for name in ("loss", "mae", "rmse", "r2"):
        assert evaluation.figures[name] == pytest.approx(best[f"val_{name}"], rel=1e-3)


def test_angles_sizes_and_centres_train_together_in_bfloat16(train_text: Train) -> None:
    result = train_text(
        CENTRES,
        "task.regression.fields=[centre, size, angle]",
        "task.regression.angles={angle: 90}",
        "loss=Huber",
        "training.precision=mixed_bfloat16",
        "training.epochs=2",
        "data.augment=[{RandomTranslation: {height_factor: 0.1, width_factor: 0.1}}]",
    )
    rows = rows_of(result)
    assert rows[-1]["loss"] < rows[0]["loss"]
    figures = evaluate(result.run, split="test", data=None, reporter=Reporter()).reports[""].to_json()
    (angle,) = (one for one in figures["per_number"] if one["number"] == "angle")
    assert angle["mae"] <= 45


def test_a_field_that_the_source_does_not_have_is_told(train_text: Train) -> None:
    with pytest.raises(ConfigError, match="regression needs the field 'radius'"):
        train_text(CENTRES, "task.regression={fields: [radius]}")
    with pytest.raises(ConfigError) as raised:
        train_text(CENTRES, "task.regression={fields: [centr]}")
    assert raised.value.problems[0].hint == "did you mean centre or clean?"


def test_one_of_two_tasks_may_be_a_regression(train_text: Train) -> None:
    result = train_text(
        CENTRES, "task={where: {regression: {fields: [centre], points: [centre]}}, kind: classification}",
        "training.epochs=1",
    )  # fmt: skip
    evaluation = evaluate(result.run, split="test", data=None, reporter=Reporter())
    assert "where_r2" in evaluation.figures
    assert (evaluation.folder / "where" / "predictions.csv").is_file()
