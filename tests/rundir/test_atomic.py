"""What is written survives a power loss: everything is seen onto the disk in the right order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from shapenet.callbacks.checkpoint import Draft
from shapenet.rundir.atomic import append_line, new_folder, replace_link, write_atomic
from shapenet.sweeps.study import Study

Calls = list[tuple[str, str]]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every fsync, rename and replace as it happens, by paths below the test's folder; temporary names are ``*``."""
    heard: Calls = []
    fsync = os.fsync

    def shown(path: object) -> str:
        parts = Path(str(path)).relative_to(tmp_path).parts
        return "/".join("*" if part.startswith(".tmp-") else part for part in parts) or "."

    def spied_fsync(descriptor: int) -> None:
        fsync(descriptor)
        heard.append(("fsync", shown(Path(f"/proc/self/fd/{descriptor}").readlink())))

    def moving(name: str) -> None:
        move = getattr(os, name)

        def spied(source: object, target: object, **options: object) -> None:
            move(source, target, **options)
            heard.append((name, shown(target)))

        monkeypatch.setattr(os, name, spied)

    monkeypatch.setattr(os, "fsync", spied_fsync)
    moving("rename")
    moving("replace")
    return heard


class FakeModel:
    """Saves a number as its weights."""

    weights = ()

    def save_weights(self, file: BinaryIO) -> None:
        file.write(b"7")


def test_a_checkpoint_is_on_the_disk_before_it_has_its_name(tmp_path: Path, calls: Calls) -> None:
    draft = Draft(tmp_path / "checkpoints" / "epoch-0001", FakeModel(), {"epoch": 1}, {"a": np.arange(3)})
    assert calls == [("fsync", ".")]  # the folder of all checkpoints is new
    calls.clear()
    draft.commit()
    files = {"model.weights.h5", "state.json", "state.npz", "manifest.json"}
    assert set(calls[:4]) == {("fsync", f"checkpoints/*/{name}") for name in files}
    assert calls[4:] == [("fsync", "checkpoints/*"), ("rename", "checkpoints/epoch-0001"), ("fsync", "checkpoints")]


def test_folders_in_a_new_folder(tmp_path: Path, calls: Calls) -> None:
    with new_folder(tmp_path / "data") as folder:
        (folder / "images").mkdir()
        (folder / "images" / "1.png").write_bytes(b"1")
    assert calls == [
        ("fsync", "*/images/1.png"), ("fsync", "*/images"), ("fsync", "*"), ("rename", "data"), ("fsync", "."),
    ]  # fmt: skip


def test_a_file_in_folders_that_are_new(tmp_path: Path, calls: Calls) -> None:
    write_atomic(tmp_path / "a" / "b" / "run.json", "{}")
    assert calls == [
        ("fsync", "a"), ("fsync", "."), ("fsync", "a/b/*"), ("replace", "a/b/run.json"), ("fsync", "a/b"),
    ]  # fmt: skip


def test_lines_and_links(tmp_path: Path, calls: Calls) -> None:
    append_line(tmp_path / "metrics.jsonl", "{}")
    append_line(tmp_path / "metrics.jsonl", "{}")
    assert calls == [("fsync", "metrics.jsonl"), ("fsync", "."), ("fsync", "metrics.jsonl")]
    calls.clear()
    replace_link(tmp_path / "last", "epoch-0001")
    assert calls == [("replace", "last"), ("fsync", ".")]


def test_the_folder_of_a_sweep(tmp_path: Path, calls: Calls) -> None:
    Study.create(tmp_path / "sweeps", "widths", None)
    assert calls == [("fsync", "."), ("fsync", "sweeps")]
