"""SIGINT and SIGTERM, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shapenet.callbacks.checkpoint import checked_weights

from .conftest import CONFIG

MANY_EPOCHS = ("-o", "training.epochs=100000")


@contextmanager
def training(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`shapenet train`, killed at the end if it still runs."""
    (folder / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "shapenet", "train", "--config", "tiny.yaml", *MANY_EPOCHS, *arguments]
    env = {**os.environ, "SHAPENET_CACHE": str(folder / "cache")}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_first_epoch(process: subprocess.Popen[str]) -> None:
    """Read stdout up to the row of the first epoch."""
    assert process.stdout is not None
    for line in process.stdout:
        if "1/100000" in line:
            return
    assert process.stderr is not None
    pytest.fail(f"no epoch was reported: {process.stderr.read()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_fit_saves_the_state(tmp_path: Path, number: signal.Signals) -> None:
    with training(tmp_path) as process:
        wait_for_first_epoch(process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    run = (tmp_path / "runs" / "latest").resolve()
    assert f"{number.name} received: stopped in epoch" in errors
    assert "Traceback" not in errors
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert checked_weights(run / "checkpoints" / "last").is_file()
    assert checked_weights(run / "checkpoints" / "best").is_file()
    state = json.loads((run / "checkpoints" / "last" / "state.json").read_text())
    assert state["epoch"] >= 1


def test_a_signal_before_fit_leaves_nothing(tmp_path: Path) -> None:
    images = "data.source.shapes={classes: [square, triangle], num_images: 1000000, size: 128}"
    with training(tmp_path, "-o", images) as process:
        while not list(tmp_path.glob("cache/stores/.tmp-*/*")):  # packing has begun
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not (tmp_path / "runs").exists()
    assert not list(tmp_path.glob("cache/stores/*"))
