"""What killed processes left unfinished, and what is not finished yet."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from shapenet.rundir.leftovers import unfinished


def test_temporary_files_and_folders_none_inside_another(tmp_path: Path) -> None:
    (tmp_path / "checkpoints/.tmp-a").mkdir(parents=True)
    for name in ("checkpoints/.tmp-a/.tmp-b", "checkpoints/whole", ".tmp-c"):
        (tmp_path / name).touch()
    assert unfinished(tmp_path) == [tmp_path / ".tmp-c", tmp_path / "checkpoints/.tmp-a"]


@pytest.mark.parametrize("age", [0, 3600])
def test_what_an_evaluation_is_writing_is_not_left_over(tmp_path: Path, age: int) -> None:
    """An evaluation takes no lock."""
    path = tmp_path / "eval/test/.tmp-a"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (time.time() - age,) * 2)
    assert unfinished(tmp_path) == ([path] if age else [])
