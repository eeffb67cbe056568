"""Runs of a stranger that somebody goes on in, begins with, or tidies up: nothing outside of them is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.place import CONFIG, Place, check, content, some
from tests.hostile.resumed import BEGUN_AGAIN, LEADING_OUT, RESUMED
from tests.hostile.runs import weights
from tests.hostile.sandbox import Outcome
from tests.hostile.weights_files import SPOILED, secret_h5


@pytest.fixture
def bait(place: Place) -> Iterator[Path]:
    """The folder of secrets, with what a training or a tidying-up would remove of a run."""
    before = set(place.home.iterdir())
    for name in ("epoch-0007", ".tmp-0"):
        (place.home / name).mkdir()
        (place.home / name / "state.npz").write_bytes(b"")
    yield place.home
    for path in set(place.home.iterdir()) - before:
        for inner in path.iterdir() if path.is_dir() else ():
            inner.unlink()
        path.rmdir() if path.is_dir() else path.unlink()


def resumed(place: Place, run: Path) -> Outcome:
    change = ("-o", "training.epochs=2", "--allow-changed")
    return place.watched.run("train", "--resume", run, *change, "--runs-dir", run.parents[1], "--quiet")


@pytest.mark.parametrize("name", LEADING_OUT)
def test_runs_that_lead_elsewhere_are_left_alone(place: Place, bait: Path, name: str) -> None:
    run = place.copy()
    LEADING_OUT[name](run, bait)
    before = content(bait), sorted(path.name for path in run.rglob("*"))
    check(resumed(place, run), (4,), bait)
    check(place.watched.run("runs", "gc", "--runs-dir", run.parents[1]), (0,), bait)
    assert (content(bait), sorted(path.name for path in run.rglob("*"))) == before


@pytest.mark.parametrize("name", some(RESUMED, 3))
def test_states_that_do_harm_are_refused(place: Place, bait: Path, name: str) -> None:
    run = place.copy()
    RESUMED[name](run, bait)
    before = content(bait)
    check(resumed(place, run), (4,), bait)
    assert content(bait) == before


@pytest.mark.parametrize("name", some(BEGUN_AGAIN, 3))
def test_states_without_sense_are_passed_over(place: Place, bait: Path, name: str) -> None:
    run = place.copy()
    BEGUN_AGAIN[name](run, bait)
    outcome = resumed(place, run)
    check(outcome, (0,), bait)
    assert "can't be used" in outcome.error


@pytest.mark.parametrize("name", some([name for name in SPOILED if name != "many_arrays"], 5))
@pytest.mark.parametrize("form", ["run", "file"])
def test_initial_weights_that_do_harm_are_refused(place: Place, bait: Path, name: str, form: str) -> None:
    run = place.copy()
    config = run.parents[1] / "again.yaml"
    file = run / "checkpoints" / "best" / "model.weights.h5"
    if form == "run":
        weights(name)(run, bait)
    else:
        SPOILED[name](file, secret_h5(bait))
    config.write_text(CONFIG + (f"init: {{run: '{run}'}}\n" if form == "run" else f"init: {{weights: '{file}'}}\n"))
    runs_dir = run.parents[1] / "new"
    outcome = place.watched.run("train", "--config", config, "--runs-dir", runs_dir, "--quiet")
    if name == "other_shape" or (form, name) == ("file", "link_out"):  # the other layers fit; the user named a link
        assert outcome.code in (0, 4)
        return
    check(outcome, (4,), bait)
    assert not [*runs_dir.glob("*/*/run.json")]
