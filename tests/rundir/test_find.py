"""Tests of finding the run that a user means."""

from datetime import UTC, datetime

import pytest

from shapenet.errors import RunError
from shapenet.rundir.find import find_run, iterate_runs
from shapenet.rundir.manifest import RunManifest, write_manifest
from shapenet.rundir.paths import RunDir, update_latest


def add_run(runs_dir, name, second, project="course"):
    now = datetime(2026, 1, 15, 10, 30, second, tzinfo=UTC)
    run = RunDir.create(runs_dir, project, name, "0a1b2c3d", now)
    fields = {"status": "done", "task": "classification", "seed": 0, "pid": 1, "host": "h"}
    write_manifest(run.run_json, RunManifest(name=name, project=project, started_at=now, **fields))
    update_latest(runs_dir, run)
    return run


@pytest.fixture
def runs_dir(tmp_path):
    add_run(tmp_path / "runs", "shapes-cnn", 1)
    add_run(tmp_path / "runs", "shapes-mlp", 2)
    add_run(tmp_path / "runs", "digits", 3, project="mnist")
    add_run(tmp_path / "runs", "digits", 4, project="mnist")
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("text", "run_id"),
    [
        (None, "20260115-103004-digits-0a1b2c3d"),
        ("latest", "20260115-103004-digits-0a1b2c3d"),
        ("shapes-cnn", "20260115-103001-shapes-cnn-0a1b2c3d"),
        ("20260115-103003", "20260115-103003-digits-0a1b2c3d"),
        ("20260115-103001-shapes-cnn-0a1b2c3d", "20260115-103001-shapes-cnn-0a1b2c3d"),
        ("mnist/20260115-103003-digits-0a1b2c3d", "20260115-103003-digits-0a1b2c3d"),
    ],
)
def test_finds_a_run_by_what_users_call_it(runs_dir, text, run_id):
    assert find_run(text, runs_dir).id == run_id


def test_finds_a_run_by_path(runs_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / "other runs"
    newest = find_run("runs/latest", elsewhere)
    assert newest.root.resolve() == (runs_dir / "mnist/20260115-103004-digits-0a1b2c3d").resolve()
    assert find_run(newest.root, elsewhere) == newest


def test_a_folder_of_the_same_name_does_not_hide_a_run(runs_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shapes-mlp").mkdir()
    assert find_run("shapes-mlp", runs_dir).id == "20260115-103002-shapes-mlp-0a1b2c3d"


def test_an_id_wins_over_longer_ids(runs_dir):
    first = add_run(runs_dir, "twin", 9)
    add_run(runs_dir, "twin", 9)
    assert find_run(first.id, runs_dir) == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("digits", r"means 2.*\n.*20260115-103004-digits-0a1b2c3d, 20260115-103003-digits"),
        ("2026", "means 4"),
        ("shapes-cn", "did you mean shapes-cnn"),
        ("zzzzzzzzz", "help: "),
        ("", "run.json"),
    ],
)
def test_other_names_are_run_errors_with_a_hint(runs_dir, text, message):
    with pytest.raises(RunError, match=message) as caught:
        find_run(text, runs_dir)
    assert all(problem.hint for problem in caught.value.problems)


def test_no_runs(tmp_path):
    for text in (None, "latest", "cnn", tmp_path):
        with pytest.raises(RunError, match="shapenet train"):
            find_run(text, tmp_path / "runs")


@pytest.mark.parametrize("target", ["course/gone", "../outside", ".", "latest"])
def test_a_bad_link_to_the_newest(runs_dir, tmp_path, target):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/run.json").write_text("{}")
    (runs_dir / "latest").unlink()
    (runs_dir / "latest").symlink_to(target)
    for text in (None, runs_dir / "latest"):
        with pytest.raises(RunError, match=r"run/not-a-run.*latest"):
            find_run(text, runs_dir)


def test_a_damaged_manifest(runs_dir):
    run = find_run("shapes-cnn", runs_dir)
    run.run_json.write_text("{")
    with pytest.raises(RunError, match="run/damaged"):
        find_run("shapes-cnn", runs_dir)


def test_iteration_passes_over_what_is_no_run(runs_dir):
    (runs_dir / "course/notes").mkdir()
    (runs_dir / "readme.txt").write_text("")
    (runs_dir / ".tmp-x/y").mkdir(parents=True)
    (runs_dir / ".tmp-x/y/run.json").write_text("{}")
    assert [run.id[9:15] for run in iterate_runs(runs_dir)] == ["103001", "103002", "103003", "103004"]
    assert list(iterate_runs(runs_dir / "missing")) == []
