"""Trials: a few batches of an epoch, and runs that leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.training.fast import shortened, train_fast

from .conftest import Recorder, experiment_in, rows_without_times, train_in


def test_epochs_end_after_the_batches_that_are_given(tmp_path: Path) -> None:
    recorder = Recorder()
    result = train_in(tmp_path, "training.limit_batches={train: 3, val: 1}", reporter=recorder)
    assert {total for _, _, total in recorder.steps} == {48}
    assert max(done for _, done, _ in recorder.steps) == 48
    assert len(rows_without_times(result)) == 2
    losses = [row["loss"] for row in rows_without_times(result)]
    assert losses[0] != losses[1]


def test_validation_can_be_limited_alone(tmp_path: Path) -> None:
    whole = rows_without_times(train_in(tmp_path / "a"))
    short = rows_without_times(train_in(tmp_path / "b", "training.limit_batches={val: 1}"))
    assert [row["loss"] for row in whole] == [row["loss"] for row in short]
    assert whole[0]["val_loss"] != short[0]["val_loss"]


def test_one_number_limits_both(tmp_path: Path) -> None:
    limit = experiment_in(tmp_path, "training.limit_batches=2").config.training.limit_batches
    assert limit is not None
    assert (limit.train, limit.val) == (2, 2)


def test_a_fast_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    recorder = Recorder()
    result = train_fast(experiment_in(tmp_path), tmp_path / "runs", ("shapenet", "train"), recorder)
    assert result.manifest.epochs_done == 1
    assert len(recorder.rows) == 1
    assert "val_loss" in recorder.rows[0][0]
    assert [*(tmp_path / "temporary").iterdir()] == []
    assert not (tmp_path / "runs").exists()


def test_a_schedule_longer_than_the_trial_is_as_it_was(tmp_path: Path) -> None:
    rate = "{CosineDecay: {initial_learning_rate: 0.0, warmup_target: 0.1, warmup_steps: {epochs: 1.5}}}"
    experiment = experiment_in(tmp_path, f"optimizer={{SGD: {{learning_rate: {rate}}}}}", "training.freeze=conv2d",
                               "training.unfreeze={at_epoch: 2}")  # fmt: skip
    arguments = shortened(experiment).config.optimizer.arguments["learning_rate"].arguments
    assert arguments["warmup_steps"] == 3 * arguments["decay_steps"]
    assert train_fast(experiment, tmp_path, (), Recorder()).manifest.epochs_done == 1


def test_a_trial_adds_no_gradients_up(tmp_path: Path) -> None:
    rate = "{CosineDecay: {initial_learning_rate: 0.1}}"
    accumulate = f"optimizer={{SGD: {{learning_rate: {rate}, gradient_accumulation_steps: 8}}}}"
    experiment = experiment_in(tmp_path, accumulate)
    assert "gradient_accumulation_steps" not in shortened(experiment).config.optimizer.arguments
    assert train_fast(experiment, tmp_path, (), Recorder()).manifest.epochs_done == 1


def test_streamed_images_are_limited_too(tmp_path: Path) -> None:
    limits = ("training.limit_batches=2", "training.epochs=1")
    recorder = Recorder()
    result = train_in(tmp_path, "data.stream=true", *limits, reporter=recorder)
    assert result.manifest.epochs_done == 1
    assert {total for _, _, total in recorder.steps} == {32}
