"""The range test on a real model: a table and a picture, and no run."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shapenet.experiment import Experiment
from shapenet.training import session
from shapenet.training.lr_find import RateOptions, find_learning_rate, write_sweep
from shapenet.training.lr_range import RateSweep
from shapenet.training.reporter import Reporter

from .conftest import experiment_in

OPTIONS = RateOptions(1e-5, 1e-1, 24)


def found(experiment: Experiment, folder: Path) -> tuple[RateSweep, list[int]]:
    steps: list[int] = []
    sweep = find_learning_rate(experiment, folder / "runs", OPTIONS, Reporter(), on_step=steps.append)
    return sweep, steps


def test_each_step_is_trained_at_its_rate(tmp_path: Path) -> None:
    sweep, steps = found(experiment_in(tmp_path, "training.batch_size=120"), tmp_path)
    assert steps == [*range(1, 25)]
    losses = [point.loss for point in sweep.points]
    # The batch is the whole split: its loss falls as soon as the rate is high enough, and first of all it does not.
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    assert min(losses) < losses[0] - 0.02
    assert not (tmp_path / "runs").exists()


def test_schedules_give_way_and_gradients_are_accumulated(tmp_path: Path) -> None:
    rate = "{CosineDecay: {initial_learning_rate: 5.0}}"
    whole, _ = found(experiment_in(tmp_path, "optimizer={SGD: {}}", "training.batch_size=120"), tmp_path)
    optimizer = f"optimizer={{SGD: {{learning_rate: {rate}, gradient_accumulation_steps: 2}}}}"
    parts, _ = found(experiment_in(tmp_path, optimizer, "training.batch_size=60"), tmp_path)
    assert [p.loss for p in parts.points] == pytest.approx([p.loss for p in whole.points], rel=1e-3)


def test_gradients_are_accumulated_where_losses_are_scaled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(session, "resolve_precision", lambda asked, capabilities: "mixed_float16")
    num_batches = 0
    train_on_batch = keras.Model.train_on_batch

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal num_batches
        num_batches += 1
        return train_on_batch(*arguments, **named)

    monkeypatch.setattr(keras.Model, "train_on_batch", counted)
    _, steps = found(experiment_in(tmp_path, "optimizer.Adam.gradient_accumulation_steps=2"), tmp_path)
    assert num_batches == 2 * len(steps)


def test_the_steps_become_a_table_and_a_picture(tmp_path: Path) -> None:
    sweep, _ = found(experiment_in(tmp_path), tmp_path)
    table, picture = write_sweep(tmp_path / "out", sweep, "tiny")
    with table.open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == len(sweep.points)
    assert float(rows[3]["loss"]) == pytest.approx(sweep.points[3].loss, rel=1e-5)
    with Image.open(picture) as image:
        assert image.size[0] > 600
