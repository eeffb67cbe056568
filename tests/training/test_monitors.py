"""Which values decide, which way they go, and the callbacks that watch them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.errors import ConfigError
from shapenet.registry import Component
from shapenet.training.build import compile_model
from shapenet.training.callbacks import created_callbacks, early_stopping
from shapenet.training.monitors import Monitors, monitored, rises
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

from .conftest import experiment_in

load_vocabulary()
METRICS = (
    "metrics=[accuracy, SparseTopKCategoricalAccuracy: {k: 1, name: top1}, "
    "SparseCategoricalCrossentropy: {name: accurate}]"
)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("SparseTopKCategoricalAccuracy", {"name": "top1"}, True),
        ("SparseCategoricalCrossentropy", {"name": "accuracy_of_surprise"}, False),
        ("TruePositives", {"name": "hits"}, True),
        ("FalsePositives", {"name": "misses"}, False),
        ("MeanIoU", {"num_classes": 2, "name": "overlap"}, True),
        ("AUC", {"name": "area"}, True),
    ],
)
def test_a_metric_says_which_way_it_goes(name: str, arguments: dict[str, object], expected: bool) -> None:
    assert rises(Component("metric", name, arguments).create()) is expected


@pytest.mark.parametrize(("name", "expected"), [("accuracy", True), ("mean_squared_error", False)])
def test_short_names_tell_it_themselves(name: str, expected: bool) -> None:
    assert rises(name) is expected


def monitors_of(folder: Path, *overrides: str, has_val: bool = True) -> tuple[Monitors, list[str | None]]:
    """The monitors of the tiny experiment, and the modes of the callbacks that watch them."""
    config = experiment_in(folder, METRICS, *overrides).config
    compiled = compile_model(config, spec_of(2, (16, 16, 3)), steps_per_execution=1)
    monitors = monitored(config, compiled, has_val=has_val)
    callbacks = [*created_callbacks(config, monitors), *early_stopping(config.training, monitors)]
    return monitors, [callback.mode for callback in callbacks]


def test_directions_come_from_the_metrics(tmp_path: Path) -> None:
    monitors, modes = monitors_of(
        tmp_path, "training.monitor=val_top1", "training.early_stopping={}",
        "training.callbacks=[ReduceLROnPlateau, ReduceLROnPlateau: {monitor: val_accurate},"
        " ReduceLROnPlateau: {mode: min}]",
    )  # fmt: skip
    assert (monitors.best, monitors.stopping) == ("val_top1", "val_top1")
    assert monitors.rising == {"accuracy", "top1", "val_accuracy", "val_top1"}
    assert modes == ["max", "min", "min", "max"]


def test_without_validation_there_are_no_values_of_it(tmp_path: Path) -> None:
    monitors, _ = monitors_of(tmp_path, has_val=False)
    assert monitors.known == ("loss", "accuracy", "top1", "accurate")
    assert (monitors.best, monitors.mode("loss"), monitors.mode("top1")) == ("loss", "min", "max")


def test_a_callback_must_watch_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="received 'val_lss'") as caught:
        monitors_of(tmp_path, "training.callbacks=[ReduceLROnPlateau: {monitor: val_lss}]")
    assert caught.value.problems[0].key == ("training", "callbacks", 0, "ReduceLROnPlateau", "monitor")
