"""Where hostile input is made and fed to commands, and what must come of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.hostile.runs import RAN
from tests.hostile.sandbox import Outcome, Watched

MAX_BYTES = 300_000_000
"""How much larger a process may grow over a hostile run: the model, a batch and 32 MB of text take less."""

CONFIG = """\
name: tiny
data:
  source: {shapes: {classes: [square, triangle], num_images: 60, size: 16}}
model:
  layers:
    - Conv2D: {filters: 4, kernel_size: 3}
    - Flatten
training: {batch_size: 16, epochs: 1}
"""


class Place:
    """A folder with a sound run in it, a folder of secrets, and the process that is watched."""

    def __init__(self, folder: Path, watched: Watched) -> None:
        self.folder, self.watched, self.home = folder, watched, folder / "home"
        self.num = 0
        (folder / "tiny.yaml").write_text(CONFIG)
        trained = watched.run("train", "--config", folder / "tiny.yaml", "--runs-dir", folder / "runs", "--quiet")
        assert trained == Outcome(0, trained.error, (), trained.grown_bytes), trained
        evaluated = watched.run("eval", "--runs-dir", folder / "runs")
        assert evaluated == Outcome(0, evaluated.error, (), evaluated.grown_bytes), evaluated
        self.run_dir = (folder / "runs" / "latest").resolve()

    def copy(self) -> Path:
        """A copy of the sound run in a folder of runs of its own."""
        self.num += 1
        target = self.folder / f"runs-{self.num}" / "default" / self.run_dir.name
        shutil.copytree(self.run_dir, target, symlinks=True)
        return target


def some(cases: Iterable[str], step: int) -> list[str]:
    """Every `step`-th of the cases; all of them where ``make chaos-hostile`` asks for that."""
    return list(cases)[:: 1 if os.environ.get("SHAPENET_HOSTILE") == "all" else step]


def content(folder: Path) -> dict[str, bytes]:
    """What stands in a folder: every name, and what files hold."""
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def check(outcome: Outcome, codes: tuple[int, ...], home: Path) -> None:
    assert outcome.code in codes, outcome.error
    assert "Traceback" not in outcome.error
    assert "\x1b]" not in outcome.error
    assert not outcome.events, outcome.events
    assert outcome.grown_bytes < MAX_BYTES
    assert not (home / RAN).exists()
    if outcome.code:
        assert any(line.startswith("error[") for line in outcome.error.splitlines()), outcome.error
