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
    assert not runs_dir.exists()


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("command", ["pack", "info", "check"])
def test_data_is_refused(place: Place, name: str, command: str) -> None:
    path = made(place, DATA[name])
    codes = (1, 3) if command == "check" else (3,)
    check(place.watched.run("data", command, path), codes, place.home)
