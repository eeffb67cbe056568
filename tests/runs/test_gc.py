"""What `runs gc` removes, and what it leaves alone."""

import os
from pathlib import Path

import numpy as np
import pytest

from shapenet.callbacks.checkpoint import Draft, Position
from shapenet.rundir.lock import RunLock
from shapenet.rundir.manifest import read_manifest, write_manifest
from shapenet.runs.gc import collect_garbage

from .test_listing import add_run


class FakeModel:
    weights = ()

    def save_weights(self, file):
        file.write(b"7")


def add_checkpoint(run, epoch, *, arrays=True):
    folder = run.checkpoints_dir / Position(epoch).name
    Draft(folder, FakeModel(), {"best": {"epoch": 1}}, {"a": np.zeros(1)} if arrays else None).commit()
    return folder


@pytest.fixture
def run(tmp_path):
    """An interrupted run with checkpoints, some of which nobody needs."""
    made = add_run(tmp_path, "cnn", 1, status="interrupted")
    for epoch in (1, 3, 4):
        add_checkpoint(made, epoch, arrays=epoch != 1)
    add_checkpoint(made, 2, arrays=False)
    for name, epoch in (("best", 1), ("last", 4)):
        (made.checkpoints_dir / name).symlink_to(Position(epoch).name)
    made.metrics.write_text('{"epoch": 1}\n')
    return made


def found(runs_dir, *, dry_run=False):
    return {leftover.path.name for leftover in collect_garbage(runs_dir, dry_run=dry_run)}


def test_checkpoints_that_nobody_needs(tmp_path, run):
    assert found(tmp_path, dry_run=True) == {"epoch-0002"}
    assert (run.checkpoints_dir / "epoch-0002").exists()
    assert found(tmp_path) == {"epoch-0002"}
    assert not (run.checkpoints_dir / "epoch-0002").exists()
    assert found(tmp_path) == set()


def test_a_finished_run_keeps_best_and_last(tmp_path):
    done = add_run(tmp_path, "cnn", 1)
    for epoch in (1, 2, 3):
        add_checkpoint(done, epoch)
    (done.checkpoints_dir / "best").symlink_to("epoch-0001")
    (done.checkpoints_dir / "last").symlink_to("epoch-0003")
    assert found(tmp_path) == {"epoch-0002"}


def test_temporary_files_of_the_killed(tmp_path, run):
    (run.checkpoints_dir / ".tmp-1").mkdir()
    (run.checkpoints_dir / ".tmp-1" / "weights").write_text("half")
    (run.root / ".tmp-2").write_text("half")
    (tmp_path / ".tmp-latest-999999999").symlink_to("nowhere")
    (tmp_path / f".tmp-latest-{os.getpid()}").symlink_to("nowhere")
    assert found(tmp_path) == {"epoch-0002", ".tmp-1", ".tmp-2", ".tmp-latest-999999999"}
    assert not (run.root / ".tmp-2").exists()
    assert (tmp_path / f".tmp-latest-{os.getpid()}").is_symlink()


def test_a_run_at_work_is_passed_over(tmp_path, run):
    (run.root / ".tmp-2").write_text("half")
    with RunLock(run.lock):
        assert found(tmp_path) == set()


def test_a_run_that_another_machine_works_on_is_passed_over(tmp_path):
    away = add_run(tmp_path, "away", 1, status="running", host="elsewhere")
    (away.root / ".tmp-2").write_text("half")
    assert found(tmp_path) == set()


def test_runs_that_died_before_they_had_saved_anything(tmp_path):
    dead = add_run(tmp_path, "dead", 1, status="running", pid=-1)
    learnt = add_run(tmp_path, "learnt", 2, status="running", pid=-1)
    learnt.metrics.write_text('{"epoch": 1}\n')
    young, old = (Path(tmp_path, "course", f"20260115-10000{number}-cnn-0a1b2c3d") for number in (1, 2))
    for folder in (young, old, tmp_path / "course" / "notes"):
        folder.mkdir()
    os.utime(old, (0, 0))
    assert found(tmp_path) == {dead.id, old.name}
    assert learnt.root.exists()
    assert young.exists()


def test_nothing_outside_of_the_folder_of_runs_is_touched(tmp_path, run):
    """Links of a stranger's lead to another folder of runs, and to its checkpoints."""
    theirs, ours = tmp_path / "course", tmp_path / "runs"
    ours.mkdir()
    (ours / "linked").symlink_to(theirs)
    (ours / "project").mkdir()
    (ours / "project" / run.id).symlink_to(run.root)
    hostile = add_run(ours, "cnn", 2, status="interrupted")
    hostile.checkpoints_dir.symlink_to(run.checkpoints_dir)
    (hostile.root / ".tmp-1").mkdir()
    for part in ("metrics.jsonl", "run.lock"):
        (add_run(ours, "dead", 3, status="running", pid=-1).root / part).symlink_to(run.metrics)
    os.mkfifo(add_run(ours, "dead", 4, status="running", pid=-1).root / "pipe")
    before = sorted(tmp_path.rglob("*"))
    assert found(ours) == set()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_at_work_on_another_machine_is_passed_over(tmp_path, run):
    add_run(tmp_path, "away", 5, status="running", host="elsewhere").checkpoints_dir.mkdir()
    away = next(path for path in (tmp_path / "course").iterdir() if "away" in path.name)
    (away / ".tmp-1").mkdir()
    assert found(tmp_path) == {"epoch-0002"}


def test_whatever_has_learnt_something_stays_though_its_record_is_lost(tmp_path, run):
    run.run_json.unlink()
    broken = add_run(tmp_path, "broken", 6)
    broken.run_json.unlink()
    broken.run_json.symlink_to("nowhere")
    for folder in (run.root, broken.root):
        os.utime(folder, (0, 0))
    assert found(tmp_path) == set()


def test_a_run_that_has_gone_on_since_it_was_looked_at_stays(tmp_path, monkeypatch):
    dead = add_run(tmp_path, "dead", 1, status="running", pid=-1)
    add = RunLock.__enter__

    def enter(lock):
        write_manifest(dead.run_json, read_manifest(dead.run_json).changed(status="done"))
        return add(lock)

    monkeypatch.setattr(RunLock, "__enter__", enter)
    assert found(tmp_path) == set()
    assert dead.root.exists()


def test_what_somebody_put_there_stays(tmp_path, run):
    (run.checkpoints_dir / "epoch-0002-copy").mkdir()
    (run.checkpoints_dir / "epoch-best").mkdir()
    assert found(tmp_path) == {"epoch-0002"}
    dead = add_run(tmp_path, "dead", 1, status="running", pid=-1)
    (dead.root / "notes.txt").write_text("mine")
    old = Path(tmp_path, "course", "20260115-100002-cnn-0a1b2c3d")
    old.mkdir()
    (old / "notes.txt").write_text("mine")
    os.utime(old, (0, 0))
    assert found(tmp_path) == set()


def test_links_are_not_followed(tmp_path, run):
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "runs").mkdir()
    run.root.parent.rename(elsewhere)
    (tmp_path / "runs" / "course").symlink_to(elsewhere)
    assert found(tmp_path / "runs") == set()
    (tmp_path / "runs" / "course").unlink()
    elsewhere.rename(tmp_path / "runs" / "course")
    moved = tmp_path / "runs" / "course" / run.id
    (moved / "checkpoints").rename(tmp_path / "checkpoints")
    (moved / "checkpoints").symlink_to(tmp_path / "checkpoints")
    assert found(tmp_path / "runs") == set()


def test_sizes(tmp_path, run):
    (leftover,) = collect_garbage(tmp_path, dry_run=True)
    files = list(leftover.path.iterdir())
    assert leftover.num_bytes == sum(path.stat().st_size for path in files) > 1
    assert leftover.reason == "neither the best nor one to go on from"
