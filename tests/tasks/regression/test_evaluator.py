"""Figures, predictions and pictures of a regression."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shapenet.tasks.regression.evaluator import RegressionEvaluator, RegressionReport
from shapenet.tasks.regression.numbers import Number, Numbers
from shapenet.tasks.regression.scale import Scale
from shapenet.tasks.report import Table

RANDOM = np.random.default_rng(3)
NUMBERS = Numbers(
    (Number("centre_x", "centre"), Number("centre_y", "centre"), Number("angle", "angle", 90.0)), ((0, 1),)
)
SCALE = Scale((16.0, 16.0, 0.0), (4.0, 4.0, 1.0), (0.0, 0.0, 90.0))
COUNT = 40
FIELDS = {
    "centre": RANDOM.uniform(4, 28, (COUNT, 2)).astype(np.float32),
    "angle": RANDOM.uniform(0, 90, COUNT).astype(np.float32),
}
FIELDS["centre"][7] = [5, 12]
ERRORS = RANDOM.normal(0, 1, (COUNT, 3)) * [1, 2, 4]
ERRORS[7] = [15, 0, 0]  # the worst
OUTPUTS = (np.column_stack([FIELDS["centre"], FIELDS["angle"]]) + ERRORS).astype(np.float32)
OUTPUTS[:, 2] %= 90


def report(count: int = COUNT) -> RegressionReport:
    evaluator = RegressionEvaluator(("centre", "angle"), NUMBERS, SCALE, count)
    order = RANDOM.permutation(count)
    for positions in np.array_split(order, 3):
        evaluator.add(positions, {name: values[positions] for name, values in FIELDS.items()}, OUTPUTS[positions])
    return evaluator.report()


def test_figures_are_those_of_the_errors() -> None:
    figures = report().figures.per_number
    true = FIELDS["centre"].astype(np.float64)
    for column in (0, 1, 2):
        assert figures[column].mae == pytest.approx(np.abs(ERRORS[:, column]).mean(), rel=1e-4)
        assert figures[column].rmse == pytest.approx(np.sqrt((ERRORS[:, column] ** 2).mean()), rel=1e-4)
        assert figures[column].bias == pytest.approx(ERRORS[:, column].mean(), abs=1e-4)
    explained = 1 - (ERRORS[:, 0] ** 2).sum() / ((true[:, 0] - true[:, 0].mean()) ** 2).sum()
    assert figures[0].r2 == pytest.approx(explained, abs=1e-4)
    assert 0.8 < figures[2].r2 < 1
    assert report().figures.distances[0] == pytest.approx(np.hypot(ERRORS[:, 0], ERRORS[:, 1]).mean(), rel=1e-4)


def test_the_error_of_an_example_is_the_root_of_the_loss_of_its_values() -> None:
    import keras

    from shapenet.tasks.regression.parts import loss_on_standardised

    loss = loss_on_standardised(keras.losses.MeanSquaredError(reduction=None), SCALE)
    made = report()
    true, predicted = made.true.astype(np.float32), made.predicted.astype(np.float32)
    outputs = np.concatenate([predicted, np.asarray(SCALE.standardise(predicted))[:, -2:]], axis=1)
    expected = np.sqrt(np.asarray(loss(true, outputs)))
    np.testing.assert_allclose(made.figures.example_errors, expected, rtol=1e-3)
    assert made.figures.worst(3)[0] == 7


def test_json_and_tables_name_every_number_and_point() -> None:
    made = report()
    content = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert [one["number"] for one in content["per_number"]] == ["centre_x", "centre_y", "angle"]
    assert content["num_examples"] == COUNT
    assert content["points"][0]["point"] == "centre"
    numbers, points = made.tables()
    assert isinstance(numbers, Table)
    assert isinstance(points, Table)
    assert [row.cells[0] for row in numbers.rows] == ["centre_x", "centre_y", "angle"]
    assert points.rows[0].cells == ("centre", made.figures.distances[0])


def test_predictions_stand_beside_true_values(tmp_path: Path, gallery_of: Callable[[Sequence[Any]], Any]) -> None:
    made = report()
    gallery = gallery_of(RANDOM.integers(0, 256, (COUNT, 32, 32, 3)).astype(np.uint8))
    files = made.write(tmp_path, gallery)
    assert files.predictions is not None
    rows = list(csv.DictReader(files.predictions.read_text().splitlines()))
    assert len(rows) == COUNT
    assert rows[7]["name"] == "image 7"
    assert float(rows[7]["centre_x_error"]) == pytest.approx(15, abs=1e-3)
    row = rows[12]
    assert float(row["centre_y_predicted"]) - float(row["centre_y"]) == pytest.approx(
        float(row["centre_y_error"]), abs=1e-3
    )
    assert all(Image.open(picture).size[0] > 100 for picture in files.pictures)
    assert [picture.name for picture in files.pictures] == ["scatter.png", "worst.png"]


def test_positions_are_drawn_where_they_are(tmp_path: Path, gallery_of: Callable[[Sequence[Any]], Any]) -> None:
    gallery = gallery_of(np.full((COUNT, 32, 32, 3), 128, np.uint8))
    made = report()
    made.write(tmp_path, gallery)
    picture = gallery.sheet[0].astype(int)  # example 7: 15 pixels to the right of the truth, four times as large
    reddest = np.argwhere((picture[..., 0] > 200) & (picture[..., 1] < 100))
    greenest = np.argwhere((picture[..., 1] > 180) & (picture[..., 0] < 120))
    x, y = made.true[7, :2] * 4
    np.testing.assert_allclose(greenest.mean(0), [y, x], atol=4)
    assert abs(reddest[:, 0].mean() - y) < 4
    assert 4 * 20 < reddest[:, 1].max() < 4 * 22
    assert gallery.captions[0].startswith("centre_x ")


def test_without_examples_there_is_nothing_to_draw(tmp_path: Path, gallery_of: Callable[[Sequence[Any]], Any]) -> None:
    evaluator = RegressionEvaluator(("centre", "angle"), NUMBERS, SCALE, 0)
    (tmp_path / "worst.png").write_bytes(b"of an earlier report")
    made = evaluator.report()
    assert [picture.name for picture in made.write(tmp_path, gallery_of([])).pictures] == ["scatter.png"]
    assert not (tmp_path / "worst.png").exists()
    assert made.to_json()["per_number"][0] == {
        "number": "centre_x",
        "mae": None,
        "rmse": None,
        "r2": None,
        "bias": None,
    }


def test_a_constant_has_no_r2() -> None:
    evaluator = RegressionEvaluator(("x",), Numbers((Number("x", "x"),), ()), Scale((0.0,), (1.0,), (0.0,)), 3)
    evaluator.add(np.arange(3), {"x": np.full(3, 7.1, np.float32)}, np.array([[7.0], [8.0], [9.0]]))
    assert np.isnan(evaluator.report().figures.per_number[0].r2)
