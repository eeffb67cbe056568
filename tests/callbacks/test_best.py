"""Which epoch is best, and which way a metric goes."""

from __future__ import annotations

import math

import pytest

from shapenet.callbacks.best import BestEpoch, higher_is_better


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", True),
        ("val_accuracy", True),
        ("val_f1_score", True),
        ("val_auc", True),
        ("mean_io_u", True),
        ("loss", False),
        ("val_loss", False),
        ("val_mean_squared_error", False),
        ("kl_divergence", False),
    ],
)
def test_direction(name: str, expected: bool) -> None:
    assert higher_is_better(name) is expected


def best_after(monitor: str, values: list[float]) -> BestEpoch:
    best = BestEpoch(monitor, frozenset({"val_accuracy", "val_top1"}))
    for epoch, value in enumerate(values, start=1):
        best.epoch_end({"epoch": epoch, monitor: value})
    return best


def test_the_first_of_equals_stays() -> None:
    best = best_after("val_accuracy", [0.5, 0.9, 0.9])
    assert best.row is not None
    assert (best.row["epoch"], best.is_newest) == (2, False)


def test_the_direction_is_what_is_given() -> None:
    best = best_after("val_top1", [0.5, 0.9, 0.7])
    assert best.row is not None
    assert best.row["epoch"] == 2


@pytest.mark.parametrize("name", ["loss", "val_loss"])
def test_an_epoch_that_diverged_is_never_best(name: str) -> None:
    best = BestEpoch("val_accuracy", frozenset({"val_accuracy"}))
    best.epoch_end({"epoch": 1, "val_accuracy": 0.5, "loss": 1.0, "val_loss": 1.0})
    best.epoch_end({"epoch": 2, "val_accuracy": 0.9, "loss": 1.0, "val_loss": 1.0, name: math.nan})
    assert best.row is not None
    assert best.row["epoch"] == 1


def test_losses_fall() -> None:
    best = best_after("val_loss", [0.5, 0.9, 0.4])
    assert best.row is not None
    assert (best.row["epoch"], best.is_newest) == (3, True)


def test_what_is_not_finite_is_never_best() -> None:
    assert best_after("val_loss", [math.nan]).row is None
    best = best_after("val_loss", [math.nan, 3.0, -math.inf])
    assert best.row is not None
    assert best.row["epoch"] == 2
