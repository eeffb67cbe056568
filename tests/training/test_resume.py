"""A training that was stopped and goes on ends with the very numbers of one that nobody disturbed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import RunError, RunInterruptedError
from shapenet.rundir.lock import RunLock
from shapenet.rundir.manifest import read_manifest, write_manifest
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from shapenet.training.resume import resume_run

from .conftest import experiment_in
from .stopped import MLP, At, Stopping, crash, go_on, interrupt, outcome, stop, undisturbed

CNN = (
    "name=cnn",
    "model.layers=[Conv2D: {filters: 4, kernel_size: 3}, BatchNormalization, Dropout: {rate: 0.3}, Flatten]",
    "data.augment=[RandomFlip, RandomRotation: {factor: 0.2}]",
)
NUM_STEPS = 14

POSITIONS = [(1, 3), (2, 9), (2, NUM_STEPS), (2, "validation"), (2, "end")]


@pytest.mark.parametrize("at", POSITIONS)
@pytest.mark.parametrize("act", [crash, interrupt])
def test_the_numbers_are_those_of_an_undisturbed_run(tmp_path: Path, at: At, act: Callable[[], None]) -> None:
    whole = undisturbed(tmp_path)
    run = go_on(stop(tmp_path / "stopped", at, act))
    assert outcome(run) == whole
    manifest = read_manifest(run.run_json)
    assert (manifest.status, manifest.error, manifest.epochs_done, len(manifest.resumed)) == ("done", None, 3, 1)


@pytest.mark.parametrize(("at", "act"), [((1, 3), interrupt), ((2, 9), crash), ((2, "validation"), interrupt)])
def test_dropout_normalisation_and_augmentation_go_on(tmp_path: Path, at: At, act: Callable[[], None]) -> None:
    whole = undisturbed(tmp_path, *CNN)
    assert outcome(go_on(stop(tmp_path / "stopped", at, act, *CNN))) == whole


EMA = ("optimizer.Adam.use_ema=true", "optimizer.Adam.ema_momentum=0.8", "training.callbacks=[SwapEMAWeights]")
PATIENCE = (
    "training.early_stopping={patience: 2, min_delta: 10.0}",
    "training.callbacks=[ReduceLROnPlateau: {patience: 1, min_delta: 10.0, factor: 0.5}]",
    "training.epochs=9",
)
WEIGHED = ("training.class_weight={square: 2.0}",)
CASES = {
    "averages-steps": (EMA, (2, 9), interrupt),
    "averages-validation": (EMA, (2, "validation"), interrupt),
    "averages-epoch": (EMA, (2, "end"), crash),
    "patience": (PATIENCE, (2, 9), crash),
    "stopped": (PATIENCE, (3, "end"), crash),
    "bfloat16": (("training.precision=mixed_bfloat16", *CNN), (2, 9), interrupt),
    "class-weights": (WEIGHED, (2, 9), interrupt),
    "oversample": (("data.oversample=true",), (2, 9), crash),
    "streaming": (("data.stream=true", "data.stream_window=24"), (2, 9), interrupt),
}


@pytest.mark.parametrize("case", CASES)
def test_whatever_a_config_asks_for_goes_on(tmp_path: Path, case: str) -> None:
    overrides, at, act = CASES[case]
    whole = undisturbed(tmp_path, *overrides)
    assert outcome(go_on(stop(tmp_path / "stopped", at, act, *overrides))) == whole


def test_images_of_many_sizes_go_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = ["path,label"]
    for index in range(120):
        side = (8, 10, 12)[index % 3]
        Image.fromarray(rng.integers(0, 255, (side, side), np.uint8)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{index % 2}")
    (tmp_path / "data.csv").write_text("\n".join(rows))
    config = f"""\
name: ragged
data: {{source: {{csv: {{path: {tmp_path / "data.csv"}, size: any}}}}, split: {{val: 0.2, test: 0.0}}}}
model: {{layers: [Conv2D: {{filters: 4, kernel_size: 3}}, GlobalAveragePooling2D, Dropout: {{rate: 0.2}}]}}
optimizer: Adam
training: {{batch_size: 8, epochs: 2, steps_per_execution: 2}}
"""
    whole = undisturbed(tmp_path, config=config)
    assert outcome(go_on(stop(tmp_path / "stopped", (2, 6), interrupt, config=config))) == whole


def test_killed_before_anything_was_saved(tmp_path: Path) -> None:
    whole = undisturbed(tmp_path)
    run = stop(tmp_path / "stopped", (1, 3), crash)
    assert not run.checkpoints_dir.exists()
    assert outcome(go_on(run)) == whole


def test_again_and_again(tmp_path: Path) -> None:
    whole = undisturbed(tmp_path)
    run = stop(tmp_path / "stopped", (1, 6), interrupt)
    for at in ((1, 9), (2, 3), (2, "validation"), (3, 12)):
        resumption = resume_run(run)
        with pytest.raises(RunInterruptedError, match="SIGINT received: stopped in epoch"):
            train(resumption.experiment, tmp_path, (), Stopping(at, interrupt), resumption)
        assert read_manifest(run.run_json).status == "interrupted"
    assert outcome(go_on(run)) == whole
    assert [(time.epoch, time.step) for time in read_manifest(run.run_json).resumed] == [
        (1, 6), (1, 9), (2, 3), (2, NUM_STEPS), (3, 12),
    ]  # fmt: skip


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    run = stop(tmp_path / "stopped", (2, 9), interrupt)
    (run.metrics).write_text(run.metrics.read_text() + '{"epoch": 2, "loss": 1.0}\n{"epoch": 3, "lo')
    heard = Stopping((0, 0), crash)
    go_on(run, heard)
    assert heard.epochs == [2, 3]
    assert [json.loads(line)["epoch"] for line in run.metrics.read_text().splitlines()] == [1, 2, 3]


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_serves(tmp_path: Path) -> None:
    whole = undisturbed(tmp_path)
    run = stop(tmp_path / "stopped", (3, 3), interrupt)
    with (run.last_dir / "model.weights.h5").open("r+b") as file:
        file.write(b"junk")
    heard = Stopping((0, 0), crash)
    assert outcome(go_on(run, heard)) == whole
    (warning,) = heard.warnings
    assert "the checkpoint of epoch 3, step 3 can't be used: model.weights.h5" in warning
    assert "expected SHA-256" in warning
    assert read_manifest(run.run_json).resumed[0].epoch < 3 or read_manifest(run.run_json).resumed[0].step == 0


def test_all_checkpoints_damaged_begins_again(tmp_path: Path) -> None:
    whole = undisturbed(tmp_path)
    run = stop(tmp_path / "stopped", (2, 3), interrupt)
    for state in run.checkpoints_dir.glob("epoch-*/state.npz"):
        state.write_bytes(b"junk")
    heard = Stopping((0, 0), crash)
    assert outcome(go_on(run, heard)) == whole
    assert read_manifest(run.run_json).resumed[0].epoch == 1
    assert heard.warnings[-1] == "no checkpoint is whole: the training begins anew"


def test_without_the_weights_of_the_best_epoch_the_last_state_serves(tmp_path: Path) -> None:
    run = stop(tmp_path / "stopped", (3, 3), interrupt, "training.learning_rate_multipliers={'*': 0.0}")
    assert (run.checkpoints_dir / "best").readlink().name == "epoch-0001"
    with (run.best_dir / "model.weights.h5").open("r+b") as file:
        file.write(b"junk")
    heard = Stopping((0, 0), crash)
    go_on(run, heard)
    assert heard.warnings[-1] == "going on after epoch 3, step 3; of the epochs until then, the best is lost"
    manifest = read_manifest(run.run_json)
    assert manifest.best is not None
    assert (manifest.best.epoch, manifest.resumed[0].epoch, manifest.resumed[0].step) == (3, 3, 3)
    assert (run.checkpoints_dir / "best").readlink().name == "epoch-0003"


def test_changes_are_refused_with_their_fields(tmp_path: Path) -> None:
    run = stop(tmp_path / "stopped", (2, 9), interrupt)
    before = run.run_json.read_bytes()
    with pytest.raises(RunError) as caught:
        resume_run(run, ("training.epochs=5", "optimizer.Adam.learning_rate=0.1"))
    text = str(caught.value)
    assert caught.value.exit_code == 4
    assert "training.epochs: 3 -> 5" in text
    assert "optimizer.Adam.learning_rate: 0.01 -> 0.1" in text
    manifest = read_manifest(run.run_json)
    write_manifest(run.run_json, manifest.changed(versions={**manifest.versions, "keras": "3.0.0"}))
    with pytest.raises(RunError, match=r"versions.keras: 3.0.0 -> "):
        resume_run(run)
    write_manifest(run.run_json, manifest.changed(data_fingerprint="other"))
    with pytest.raises(RunError, match="data: other -> "):
        go_on(run)
    assert manifest.model_dump_json(indent=2).encode() + b"\n" == before


def test_more_epochs_give_what_so_many_from_the_beginning_would(tmp_path: Path) -> None:
    whole = undisturbed(tmp_path, "training.epochs=5")
    (tmp_path / "short").mkdir()
    experiment = experiment_in(tmp_path / "short", config=MLP)
    run = train(experiment, tmp_path / "short" / "runs", (), Reporter()).run
    assert outcome(go_on(run, None, "training.epochs=5", allow_changed=True)) == whole
    manifest = read_manifest(run.run_json)
    assert manifest.resumed[0].changes == {"training.epochs": ("3", "5")}
    assert resume_run(run).experiment.config.training.epochs == 5


def test_two_processes_do_not_share_a_run(tmp_path: Path) -> None:
    run = stop(tmp_path / "stopped", (2, 9), interrupt)
    with RunLock(run.lock), pytest.raises(RunError, match=f"process {os.getpid()} on ") as caught:
        go_on(run)
    assert caught.value.exit_code == 4


def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    run = go_on(stop(tmp_path / "stopped", (3, "end"), crash))
    before = outcome(run)
    heard = Stopping((0, 0), crash)
    assert outcome(go_on(run, heard)) == before
    assert heard.epochs == []
