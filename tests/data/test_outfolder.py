"""A folder that replaces another: one of them is always there, whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from shapenet.data.outfolder import new_or_replaced
from shapenet.errors import ConfigError, MachineError
from shapenet.rundir import atomic

MARKER = "made.json"


def make(out: Path, content: str, *, replace: bool = False) -> None:
    with new_or_replaced(out, MARKER, replace=replace) as folder:
        (folder / MARKER).write_text(content)


def test_a_folder_is_replaced_only_if_it_may(tmp_path: Path) -> None:
    make(tmp_path / "out", "old")
    with pytest.raises(ConfigError, match="made the folder already"):
        make(tmp_path / "out", "new")
    make(tmp_path / "out", "new", replace=True)
    assert (tmp_path / "out" / MARKER).read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    make(tmp_path / "out", "new")
    assert (tmp_path / "out" / MARKER).read_text() == "new"


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_the_old_folder_stays_where_the_new_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    make(tmp_path / "out", "old")
    rename = Path.rename
    new: list[Path] = []

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def renamed(path: Path, target: Path) -> Path:
        return full() if path in new else rename(path, target)  # type: ignore[func-returns-value]

    if step == "fsync":
        monkeypatch.setattr(atomic, "_fsync_files", full)
    else:
        monkeypatch.setattr(Path, "rename", renamed)

    def remake() -> None:
        with new_or_replaced(tmp_path / "out", MARKER, replace=True) as folder:
            new.append(folder)
            (folder / MARKER).write_text("new")

    with pytest.raises(MachineError, match="No space left"):
        remake()
    assert (tmp_path / "out" / MARKER).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
