"""A sweep's folder that comes from a stranger: nothing of it is run, followed or removed elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from shapenet.errors import RunError
from shapenet.rundir.paths import RunDir
from shapenet.sweeps import trial as trials
from shapenet.sweeps.config import load_sweep
from shapenet.sweeps.job import Job
from shapenet.sweeps.reopen import opened_study

BASE = """\
name: base
data: {source: {shapes: {classes: [square, ring], num_images: 60, size: 8}}}
model: {layers: [Flatten]}
training: {epochs: 3, batch_size: 8}
"""
SWEEP = "name: try\nbase: base.yaml\ngrid: {optimizer.SGD.learning_rate: [0.1, 0.01]}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret").write_text("{}\n")
    for name, text in (("base.yaml", BASE), ("sweep.yaml", SWEEP)):
        (tmp_path / name).write_text(text)
    with opened_study(load_sweep(tmp_path / "sweep.yaml"), tmp_path / "sweeps"):
        pass
    return tmp_path / "sweep.yaml"


def reopen(config: Path) -> Any:
    with opened_study(load_sweep(config), config.parent / "sweeps") as study:
        return study


@pytest.mark.parametrize("file", ["study.jsonl", "study.lock", "leaderboard.csv", "best.yaml", "sweep.yaml"])
@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_what_is_no_file_of_the_sweep_is_refused(config: Path, file: str, kind: str) -> None:
    path = config.parent / "sweeps" / "try" / file
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else config.parent / "home" / "secret")
    with pytest.raises(RunError, match=r"expected a (regular )?file"):
        reopen(config)
    assert (config.parent / "home" / "secret").read_text() == "{}\n"


def test_a_folder_elsewhere_is_refused(config: Path) -> None:
    folder = config.parent / "sweeps" / "try"
    folder.rename(config.parent / "home" / "try")
    folder.symlink_to(config.parent / "home" / "try")
    before = sorted((config.parent / "home").rglob("*"))
    with pytest.raises(RunError, match=r"expected a file in .*sweeps, received a link to"):
        reopen(config)
    assert sorted((config.parent / "home").rglob("*")) == before


@pytest.mark.parametrize(
    ("event", "is_refused"),
    [
        ({"event": "run", "trial": "x", "run": 1}, True),
        ({"event": "run", "trial": 1, "run": [1]}, True),
        ({"event": "end", "trial": [1], "status": "done"}, True),
        ({"event": "end", "trial": 1, "status": "done", "seconds": "x"}, True),
        ({"event": "end", "trial": 1, "status": "anything"}, True),
        ({"event": "sweep", "trial": 10**400}, False),
    ],
)
def test_events_without_sense(config: Path, event: dict[str, Any], is_refused: bool) -> None:
    with (config.parent / "sweeps" / "try" / "study.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")
    if is_refused:
        with pytest.raises(RunError, match=r"expected (a trial's result|an event of the sweep)"):
            reopen(config)
    else:
        assert reopen(config).results == []


@pytest.mark.parametrize("change", [{"grid": 3}, {"config": "\0"}, {"config": [1]}, {"versions": "x"}])
def test_definitions_without_sense(config: Path, change: dict[str, Any]) -> None:
    path = config.parent / "sweeps" / "try" / "study.jsonl"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}) + "\n")
    with pytest.raises(RunError):
        reopen(config)


def test_only_a_run_of_the_trials_own_config_is_trusted(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted: list[bool] = []

    class Seen:
        experiment = None

    def resume(run: RunDir, *, trust: bool) -> Seen:
        trusted.append(trust)
        return Seen()

    monkeypatch.setattr("shapenet.training.resume.resume_run", resume)
    sweep = load_sweep(config)
    run = RunDir(config.parent / "runs" / "try" / "one")
    run.root.mkdir(parents=True)
    job = Job(sweep.config.base, sweep.assignments(sweep.trials[0]), config.parent / "runs", ())
    own = sweep.experiment(sweep.trials[0]).resolved()
    for text in (own, own.replace("plugins: []", "plugins: [bad.py]")):
        run.resolved_config.write_text(text)
        trials._begun(run, job)
    assert trusted == [True, False]
