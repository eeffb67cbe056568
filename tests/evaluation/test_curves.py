"""Tests of the picture of training curves."""

import warnings

import pytest
from PIL import Image

from shapenet.evaluation.curves import Curve, curve, write_curves

ROWS = [{"epoch": n, "loss": 1 / n**2, "val_loss": 1.2 / n, "accuracy": 1 - 0.5 / n} for n in range(1, 11)]


def test_a_curve_leaves_out_what_is_not_finite():
    rows = [{"epoch": 2, "loss": 0.5}, {"epoch": 1, "loss": 1}, {"epoch": 3, "loss": float("nan")}, {"epoch": 4}]
    assert curve([*rows, {"epoch": 5, "loss": None}, {"loss": 3}], "loss") == Curve((1, 2), (1.0, 0.5))
    assert curve(rows, "accuracy") == Curve((), ())


def test_the_later_row_of_an_epoch_counts():
    found = curve([{"epoch": 1, "loss": 1.0}, {"epoch": 1, "loss": 0.5}], "loss")
    assert found == Curve((1,), (0.5,))
    assert (found.at(1), found.at(2)) == (0.5, None)


def test_an_epoch_that_became_nan_has_no_earlier_value():
    assert curve([{"epoch": 1, "loss": 1.0}, {"epoch": 1, "loss": float("nan")}], "loss") == Curve((), ())


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], [], [{"epoch": 1, "loss": float("nan")}], ROWS[:2] * 2])
@pytest.mark.parametrize("best_epoch", [None, 1, 7])
def test_draws_any_history(tmp_path, rows, best_epoch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_curves(tmp_path / "c.png", rows, run_name="run", metrics=["accuracy"], best_epoch=best_epoch)
    with Image.open(tmp_path / "c.png") as image:
        assert image.width > 1200


def test_the_best_epoch_shows(tmp_path):
    for name, epoch in {"without": None, "with": 7}.items():
        write_curves(tmp_path / name, ROWS, run_name="run", metrics=["accuracy"], best_epoch=epoch)
    assert (tmp_path / "without").read_bytes() != (tmp_path / "with").read_bytes()


def test_the_loss_alone_has_one_panel(tmp_path):
    write_curves(tmp_path / "one", ROWS, run_name="run", metrics=[])
    write_curves(tmp_path / "two", ROWS, run_name="run", metrics=["accuracy"])
    assert Image.open(tmp_path / "one").width < 0.6 * Image.open(tmp_path / "two").width
