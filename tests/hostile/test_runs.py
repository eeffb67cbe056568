"""Run directories of a stranger: refused with 4, and nothing is run, opened, connected to or blown up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hostile.place import CONFIG, Place, check
from tests.hostile.runs import EVALUATED, RAN, SHOWN


@pytest.mark.parametrize("name", EVALUATED)
def test_eval_refuses(place: Place, name: str) -> None:
    run = place.copy()
    EVALUATED[name](run, place.home)
    before = sorted(path.name for path in place.home.iterdir())
    check(place.watched.run("eval", "--run", run, "--runs-dir", run.parents[1]), (4,), place.home)
    assert sorted(path.name for path in place.home.iterdir()) == before
    check(place.watched.run("runs", "show", run, "--runs-dir", run.parents[1]), (0, 4), place.home)
    check(place.watched.run("runs", "list", "--runs-dir", run.parents[1]), (0,), place.home)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("form", ["table", "json"])
def test_runs_are_shown_or_refused(place: Place, name: str, form: str) -> None:
    run = place.copy()
    SHOWN[name](run, place.home)
    runs_dir = run.parents[1]
    check(place.watched.run("runs", "show", run, "--runs-dir", runs_dir, "--format", form), (0, 4), place.home)
    check(place.watched.run("runs", "list", "--runs-dir", runs_dir, "--format", form), (0,), place.home)


def test_a_run_that_is_trusted_runs_its_plug_ins(place: Place) -> None:
    run = place.copy()
    EVALUATED["plug-in of the run"](run, place.home)
    outcome = place.watched.run("eval", "--run", run, "--trust")
    assert outcome.code == 0, outcome.error
    assert any((event.startswith("open") and RAN in event) or event.startswith("exec") for event in outcome.events)
    (place.home / RAN).unlink()


def test_the_sandbox_notices(place: Place, tmp_path: Path) -> None:
    """What a plug-in does is seen: that it runs, opens, connects."""
    plugin = tmp_path / "bad.py"
    text = f"import os, socket\nopen({str(place.home / 'base.yaml')!r}).read()\nos.system('true')\n"
    plugin.write_text(text + "try:\n    socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError:\n    pass\n")
    config = tmp_path / "bad.yaml"
    config.write_text(CONFIG + f"plugins: [{json.dumps(str(plugin))}]\n")
    outcome = place.watched.run("validate", "--config", config)
    seen = " ".join(outcome.events) + outcome.error
    for event in ("os.system", "socket.connect", "a secret was opened"):
        assert event in seen
