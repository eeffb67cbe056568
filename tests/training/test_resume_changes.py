"""Going on with another config, as far as that is allowed: what was changed counts, the rest is as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shapenet.callbacks.checkpoint import checked_weights, read_arrays, read_state
from shapenet.errors import RunError, RunInterruptedError
from shapenet.rundir.manifest import read_manifest, write_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training import resume, saved
from shapenet.training.fit import train
from shapenet.training.resume import resume_run

from .conftest import train_in
from .stopped import MLP, At, CrashError, Stopping, crash, go_on, interrupt, outcome, stop, undisturbed

PATIENCE = (
    "training.early_stopping={patience: 1, min_delta: 10.0}",
    "training.callbacks=[ReduceLROnPlateau: {patience: 1, min_delta: 10.0, factor: 0.5}]",
    "training.epochs=5",
)


OTHERS = {
    "layer": "model.layers=[Flatten, Dense: {units: 9, activation: relu}, Dropout: {rate: 0.4}]",
    "optimizer": "optimizer={SGD: {learning_rate: 0.1, momentum: 0.9}}",
    "layers": "model.layers=[Flatten, Dense: {units: 8}, Dense: {units: 8}]",
}


def files_of(run: RunDir) -> dict[str, object]:
    """All that a run holds but for its log and its lock: where links lead, and what is in files."""
    found: dict[str, object] = {}
    for path in sorted(run.root.rglob("*")):
        if path.is_symlink():
            found[str(path)] = path.readlink()
        elif path.is_file() and path not in (run.train_log, run.lock):
            found[str(path)] = path.read_bytes()
    return found


def rows_of(run: RunDir) -> list[dict[str, float]]:
    return [json.loads(line) for line in run.metrics.read_text().splitlines()]


@pytest.mark.parametrize("at", [(2, 9), (1, "end")])
def test_a_learning_rate(tmp_path: Path, at: At) -> None:
    run = stop(tmp_path, at, interrupt)
    go_on(run, None, "optimizer.Adam.learning_rate=0.25", allow_changed=True)
    assert [row["learning_rate"] for row in rows_of(run)] == [0.01, 0.25, 0.25]


def test_patience(tmp_path: Path) -> None:
    run = stop(tmp_path, (2, 9), interrupt, *PATIENCE)
    with pytest.raises(RunError, match=r"training\.early_stopping\.patience: 1 -> 3"):
        go_on(run, None, "training.early_stopping.patience=3")
    go_on(run, None, "training.early_stopping.patience=3", allow_changed=True)
    assert read_manifest(run.run_json).epochs_done == 4
    assert [row["learning_rate"] for row in rows_of(run)] == [0.01, 0.01, 0.005, 0.0025]


def test_without_early_stopping_a_run_that_stopped_goes_on(tmp_path: Path) -> None:
    run = train_in(tmp_path, *PATIENCE, config=MLP).run
    assert read_manifest(run.run_json).epochs_done == 2
    go_on(run, None, "training.early_stopping=null", allow_changed=True)
    assert read_manifest(run.run_json).epochs_done == 5
    assert rows_of(run)[-1]["learning_rate"] < 0.01 / 4


@pytest.mark.parametrize("change", ["training.batch_size=16", "training.steps_per_execution=4", "data.oversample=true"])
def test_where_a_step_is_something_else_the_epoch_begins_anew(tmp_path: Path, change: str) -> None:
    run = stop(tmp_path, (2, 9), interrupt)
    heard = Stopping((0, 0), crash)
    go_on(run, heard, change, allow_changed=True)
    assert heard.warnings == ["a step is not what it was: epoch 2 begins anew, with the weights so far"]
    assert heard.epochs == [2, 3]
    manifest = read_manifest(run.run_json)
    assert (manifest.status, manifest.resumed[0].epoch, manifest.resumed[0].step) == ("done", 2, 0)


def test_what_is_not_deterministic_is_told_and_recorded(tmp_path: Path) -> None:
    run = stop(tmp_path, (2, 9), interrupt, "training.deterministic=false")
    heard = Stopping((0, 0), crash)
    go_on(run, heard)
    (warning,) = heard.warnings
    assert warning.startswith("the whole state is back, but training is not deterministic here")
    assert warning in run.train_log.read_text()
    assert [one.exact for one in read_manifest(run.run_json).resumed] == [False]


def test_a_change_counts_although_nothing_was_saved_with_it(tmp_path: Path) -> None:
    run = stop(tmp_path, (2, 9), interrupt, "training.checkpoint.every_steps=null")
    changes = ("optimizer.Adam.learning_rate=0.25", "training.batch_size=16")
    resumption = resume_run(run, changes, allow_changed=True)
    with pytest.raises(CrashError):
        train(resumption.experiment, run.root.parents[1], (), Stopping((2, 6), crash), resumption)
    heard = Stopping((0, 0), crash)
    go_on(run, heard)
    assert heard.warnings == ["a step is not what it was: epoch 2 begins anew, with the weights so far"]
    assert heard.epochs == [2, 3]
    assert [row["learning_rate"] for row in rows_of(run)] == [0.01, 0.25, 0.25]


def test_a_state_of_steps_as_they_were_does_not_stand_in_for_one_of_steps_as_they_are(tmp_path: Path) -> None:
    run = stop(tmp_path, (2, 9), interrupt)
    resumption = resume_run(run, ("data.oversample=true",), allow_changed=True)
    with pytest.raises(RunInterruptedError):
        train(resumption.experiment, run.root.parents[1], (), Stopping((2, 9), interrupt), resumption)
    state = run.last_dir.resolve()
    assert state.name == "epoch-0002-step-000009"
    assert read_arrays(state)["optimizer/0"] == 14 + 9 + 9, "updates so far"


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("at", [(3, "end"), (2, 9)])
def test_what_does_not_fit_is_refused_and_the_run_stays_as_it_was(tmp_path: Path, other: str, at: At) -> None:
    run = train_in(tmp_path, config=MLP).run if at[1] == "end" else stop(tmp_path, at, interrupt)
    before = files_of(run)
    changes = (OTHERS[other], "training.epochs=20", "data.split={val: 0.3, test: 0.1}")
    with pytest.raises(RunError):
        go_on(run, None, *changes, allow_changed=True)
    assert files_of(run) == before
    assert read_manifest(go_on(run).run_json).epochs_done == 3


def test_another_device_is_refused_and_the_run_stays_as_it_was(tmp_path: Path) -> None:
    run = stop(tmp_path, (2, 9), interrupt)
    device = read_manifest(run.run_json).device
    assert device is not None
    write_manifest(run.run_json, read_manifest(run.run_json).changed(device=device.model_copy(update={"kind": "TPU"})))
    for path in (run.split_csv, run.classes_json, run.model_text, run.preview_png):
        path.write_text("as it was")
    before = files_of(run)
    with pytest.raises(RunError, match=r"device\.kind: TPU -> "):
        go_on(run)
    assert files_of(run) == before
    go_on(run, allow_changed=True)
    assert "as it was" not in (run.split_csv.read_text(), run.classes_json.read_text(), run.model_text.read_text())


@pytest.mark.parametrize("num_done", range(8))
def test_killed_while_an_epoch_is_made_to_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, num_done: int
) -> None:
    """The links lead to whole checkpoints all the while, and whoever goes on knows that its steps were others."""
    run = stop(tmp_path, (2, 9), interrupt)
    before = read_state(run.last_dir)
    calls: list[Callable[..., Any]] = []

    def crashing(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: object) -> Any:
            if len(calls) == num_done:
                raise CrashError
            calls.append(call)
            return call(*arguments)

        return called

    for name in ("remove_others", "replace_link", "new_folder"):
        monkeypatch.setattr(saved, name, crashing(getattr(saved, name)))
    monkeypatch.setattr(resume, "cut_metrics", crashing(resume.cut_metrics))
    with pytest.raises(CrashError):
        go_on(run, None, "data.oversample=true", allow_changed=True)
    monkeypatch.undo()
    assert checked_weights(run.best_dir.resolve()).parent.name == "epoch-0001"
    assert checked_weights(run.last_dir.resolve())
    assert read_state(run.last_dir) == before
    heard = Stopping((0, 0), crash)
    go_on(run, heard)
    assert heard.warnings == ["a step is not what it was: epoch 2 begins anew, with the weights so far"]
    assert heard.epochs == [2, 3]
    first = read_manifest(run.run_json).resumed[0]
    assert list(first.changes) == ["data.oversample"]
    assert len(rows_of(run)) == 3


def test_a_callback_that_asks_the_model_what_is_better_goes_on(tmp_path: Path) -> None:
    """It can't before ``fit``."""
    patience = (
        "training.callbacks=[ReduceLROnPlateau: {monitor: val_accuracy, mode: auto, patience: 1, min_delta: 10.0}]",
    )
    whole = undisturbed(tmp_path, *patience)
    assert outcome(go_on(stop(tmp_path / "stopped", (2, 9), interrupt, *patience))) == whole
