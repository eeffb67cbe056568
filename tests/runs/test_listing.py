"""Tests of listing runs and of showing one."""

import json
import os
import socket
from datetime import UTC, datetime

import pytest

from shapenet.errors import RunError
from shapenet.rundir.manifest import Best, RunManifest, write_manifest
from shapenet.rundir.paths import RunDir
from shapenet.runs.listing import list_runs, read_metrics, show_run


def add_run(runs_dir, name, minute, project="course", **changes):
    now = datetime(2026, 1, 15, 10, minute, tzinfo=UTC)
    run = RunDir.create(runs_dir, project, name, "0a1b2c3d", now)
    fields = {
        "status": "done", "name": name, "project": project, "task": "classification", "seed": 0,
        "started_at": now, "pid": os.getpid(), "host": socket.gethostname(),
    }  # fmt: skip
    write_manifest(run.run_json, RunManifest(**{**fields, **changes}))
    return run


def test_rows_are_newest_first_across_projects(tmp_path):
    add_run(tmp_path, "b", 1)
    add_run(tmp_path, "a", 3, project="other")
    add_run(tmp_path, "c", 2)
    (tmp_path / "course/no-run").mkdir()
    assert [row.name for row in list_runs(tmp_path)] == ["a", "c", "b"]
    assert [row.name for row in list_runs(tmp_path, project="course")] == ["c", "b"]
    assert list_runs(tmp_path / "missing") == []


def test_a_row_says_how_the_run_went(tmp_path):
    best = Best(epoch=2, monitor="val_accuracy", value=0.9)
    run = add_run(tmp_path, "cnn", 1, best=best, epochs_done=3)
    run.eval_dir("test").mkdir(parents=True)
    run.eval_metrics("test").write_text(json.dumps({"accuracy": 0.875, "per_class": []}))
    (row,) = list_runs(tmp_path)
    assert row.to_json() == {
        "id": run.id, "project": "course", "name": "cnn", "status": "done", "started": "2026-01-15T10:01:00+00:00",
        "epochs": 3, "monitor": "val_accuracy", "best": 0.9, "eval_metric": "accuracy", "eval_value": 0.875,
        "path": str(run.root), "resumable": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metrics", "metric"),
    [({"val_loss": 3.0, "val_kind_loss": 2.0, "val_where_mae": 0.5}, "where_mae"), ({"val_loss": 3.0}, "loss")],
)
def test_what_has_no_accuracy_is_told_by_its_first_metric_or_its_loss(tmp_path, metrics, metric):
    run = add_run(tmp_path, "both", 1, best=Best(epoch=1, monitor="val_loss", value=3.0, metrics=metrics))
    run.eval_dir("test").mkdir(parents=True)
    figures = {"epoch": 1, "loss": 3.1, "kind_loss": 2.1, "where_mae": 0.6, "num_examples": 9}
    run.eval_metrics("test").write_text(json.dumps(figures))
    (row,) = list_runs(tmp_path)
    assert (row.eval_metric, row.eval_value) == (metric, figures[metric])


def test_statuses_of_killed_and_damaged_runs(tmp_path):
    add_run(tmp_path, "killed", 1, status="running", pid=-1)
    add_run(tmp_path, "here", 2, status="running")
    damaged = add_run(tmp_path, "broken", 3)
    damaged.run_json.write_text('{"status"')
    assert {row.id[16:-9]: row.status for row in list_runs(tmp_path)} == {
        "killed": "dead",
        "here": "running",
        "broken": "damaged",
    }
    assert [row.status for row in list_runs(tmp_path, statuses=["dead", "damaged"])] == ["damaged", "dead"]
    assert damaged.run_json.read_text() == '{"status"'


@pytest.mark.parametrize("content", ["", "{", "[]", '{"accuracy": NaN}', '{"accuracy": "high"}', "[" * 100_000])
def test_damaged_figures_are_unknown(tmp_path, content):
    run = add_run(tmp_path, "cnn", 1)
    run.eval_dir("test").mkdir(parents=True)
    run.eval_metrics("test").write_text(content)
    assert list_runs(tmp_path)[0].eval_metric is None
    assert show_run(run).evaluations == {}


def test_details(tmp_path):
    run = add_run(tmp_path, "cnn", 1)
    run.metrics.write_text('{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "lo')
    for split in ("test", "val"):
        run.eval_dir(split).mkdir(parents=True)
        run.eval_metrics(split).write_text('{"loss": 0.25}')
    details = show_run(run)
    assert details.metrics == ({"epoch": 1, "loss": 0.5},)
    assert details.evaluations == {"test": {"loss": 0.25}, "val": {"loss": 0.25}}
    assert json.loads(json.dumps(details.to_json()))["manifest"]["seed"] == 0


def test_details_of_a_damaged_run(tmp_path):
    run = add_run(tmp_path, "cnn", 1)
    run.run_json.unlink()
    with pytest.raises(RunError):
        show_run(run)


def test_metrics_of_a_run_without_epochs(tmp_path):
    assert read_metrics(tmp_path / "metrics.jsonl") == ()
