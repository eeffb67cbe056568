"""Tests of the manifest: reading, writing, status of dead processes, git and versions."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from shapenet.errors import RunError
from shapenet.rundir.manifest import (
    Best,
    RunManifest,
    git_state,
    host_versions,
    read_manifest,
    shown_status,
    write_manifest,
)

STARTED = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


def manifest(**changes):
    fields = {
        "status": "running", "name": "cnn", "project": "course", "task": "classification", "seed": 7,
        "started_at": STARTED, "pid": os.getpid(), "host": socket.gethostname(),
    }  # fmt: skip
    return RunManifest(**{**fields, **changes})


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_reads_what_was_written(tmp_path):
    written = manifest(best=Best(epoch=2, monitor="val_loss", value=0.25, metrics={"loss": 0.5}), command=("a b", "c"))
    write_manifest(tmp_path / "run.json", written)
    assert read_manifest(tmp_path / "run.json") == written
    assert json.loads((tmp_path / "run.json").read_text())["started_at"] == "2026-01-15T10:30:00Z"


def test_numbers_that_are_not_finite_become_null(tmp_path):
    best = Best(epoch=1, monitor="loss", value=float("nan"), metrics={"loss": float("inf")})
    write_manifest(tmp_path / "run.json", manifest(best=best))
    read = read_manifest(tmp_path / "run.json").best
    assert read == Best(epoch=1, monitor="loss", value=None, metrics={"loss": None})


def test_fields_of_later_versions_are_passed_over(tmp_path):
    content = json.loads(manifest().model_dump_json())
    (tmp_path / "run.json").write_text(json.dumps({**content, "colour": "green"}))
    assert read_manifest(tmp_path / "run.json") == manifest()


@pytest.mark.parametrize("content", [b"", b'{"status": "run', b"[]", b'{"status": "odd"}', b"\xff\xfe\x00"])
def test_damaged_file_is_a_run_error(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunError, match="run/damaged") as caught:
        read_manifest(tmp_path / "run.json")
    assert str(tmp_path / "run.json") in str(caught.value)


def test_missing_file_is_a_run_error(tmp_path):
    with pytest.raises(RunError, match="run/no-manifest"):
        read_manifest(tmp_path / "run.json")


def test_a_killed_run_is_dead_and_its_file_unchanged(tmp_path):
    pid = dead_pid()
    write_manifest(tmp_path / "run.json", manifest(pid=pid))
    before = (tmp_path / "run.json").read_bytes()
    assert shown_status(read_manifest(tmp_path / "run.json")) == "dead"
    assert (tmp_path / "run.json").read_bytes() == before
    assert shown_status(manifest()) == "running"
    assert shown_status(manifest(pid=pid, host="elsewhere.example")) == "running"
    assert shown_status(manifest(pid=pid, status="done")) == "done"


def test_changed_validates_and_knows_its_fields():
    assert manifest().changed(status="done", epochs_done=3).epochs_done == 3
    with pytest.raises(TypeError, match="epoch_done"):
        manifest().changed(epoch_done=3)
    with pytest.raises(ValueError, match="status"):
        manifest().changed(status="odd")


def test_git_state(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True)

    assert git_state(tmp_path) is None
    git("init")
    assert git_state(tmp_path) is None, "no commit yet"
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "first")
    state = git_state(tmp_path)
    assert len(state.commit) == 40
    assert not state.dirty
    (tmp_path / "file").write_text("2")
    assert git_state(tmp_path) == state.model_copy(update={"dirty": True})


def test_versions_import_nothing_heavy():
    code = (
        "import sys; from shapenet.rundir.manifest import host_versions as v; print(*v());"
        "print({'tensorflow', 'keras', 'numpy', 'matplotlib'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ["python shapenet keras tensorflow numpy", "set()"]
    assert host_versions()["python"].startswith("3.")
