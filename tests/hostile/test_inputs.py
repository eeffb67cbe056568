"""Configs and data of a stranger: refused with 2 and 3, and nothing is run, opened, connected to or blown up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.inputs import CONFIGS, DATA, Make
from tests.hostile.place import Place, check


def made(place: Place, make: Make) -> Path:
    place.num += 1
    folder = place.folder / f"input-{place.num}"
    folder.mkdir()
    return make(folder, place.home)


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_are_refused(place: Place, name: str) -> None:
    path = made(place, CONFIGS[name])
    runs_dir = path.parent / "runs"
    check(place.watched.run("train", "--config", path, "--runs-dir", runs_dir), (2, 3), place.home)
    check(place.watched.run("validate", "--build", "--config", path), (2, 3), place.home)
    check(place.watched.run("check", "--config", path, "--runs-dir", runs_dir), (2, 3), place.home)
    lr_find = ("lr-find", "--config", path, "--runs-dir", runs_dir, "--out", path.parent / "lr-find")
    check(place.watched.run(*lr_find), (2, 3), place.home)
    assert not runs_dir.exists()
    sweep = path.parent / "sweep.yaml"
    sweep.write_text(f"name: all\nbase: {path.name}\ngrid: {{seed: [1, 2]}}\n")
    sweeping = ("sweep", "--config", sweep, "--runs-dir", runs_dir, "--sweeps-dir", path.parent / "sweeps")
    check(place.watched.run(*sweeping, "--dry-run"), (0, 2, 3), place.home)  # 0: what is missing, its trials tell
    check(place.watched.run("sweep", "--config", path, *sweeping[3:]), (2, 3), place.home)
    assert not [*runs_dir.glob("*/*/run.json")]


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("command", ["pack", "info", "check"])
def test_data_is_refused(place: Place, name: str, command: str) -> None:
    path = made(place, DATA[name])
    codes = (1, 3) if command == "check" else (3,)
    check(place.watched.run("data", command, path), codes, place.home)
