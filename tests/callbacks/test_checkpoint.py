"""Checkpoints: whole, linked, and checked by digest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shapenet.callbacks.best import BestEpoch
from shapenet.callbacks.checkpoint import Checkpoints, checked_weights
from shapenet.errors import RunError


class FakeModel:
    """Saves a number as its weights."""

    def __init__(self) -> None:
        self.weights = 0

    def save_weights(self, path: Path) -> None:
        path.write_text(str(self.weights))


def run_epochs(folder: Path, values: list[float]) -> Checkpoints:
    model, best = FakeModel(), BestEpoch("loss")
    checkpoints = Checkpoints(folder, best)
    checkpoints.train_begin(model)
    for epoch, value in enumerate(values, start=1):
        model.weights = epoch
        row = {"epoch": epoch, "loss": value}
        best.epoch_end(row)
        checkpoints.epoch_end(row)
    return checkpoints


def test_best_and_last_are_kept_and_nothing_else(tmp_path: Path) -> None:
    run_epochs(tmp_path, [3.0, 1.0, 2.0, 4.0])
    assert checked_weights(tmp_path / "best").read_text() == "2"
    assert checked_weights(tmp_path / "last").read_text() == "4"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "epoch-0002", "epoch-0004", "last"]
    assert json.loads((tmp_path / "last" / "state.json").read_text()) == {"epoch": 4, "loss": 4.0}


def test_a_state_saved_between_epochs_is_last_and_never_best(tmp_path: Path) -> None:
    checkpoints = run_epochs(tmp_path, [3.0, 1.0])
    checkpoints.save("epoch-0003-step-000007", {"epoch": 3, "step": 7, "loss": 0.5})
    assert (tmp_path / "last").readlink() == Path("epoch-0003-step-000007")
    assert (tmp_path / "best").readlink() == Path("epoch-0002")


@pytest.mark.parametrize("file", ["model.weights.h5", "state.json"])
def test_a_damaged_file_is_named_by_its_checksum(tmp_path: Path, file: str) -> None:
    run_epochs(tmp_path, [1.0])
    (tmp_path / "best" / file).write_text("damaged")
    with pytest.raises(RunError, match=rf"{file} is damaged: expected SHA-256 [0-9a-f]+, received [0-9a-f]+"):
        checked_weights(tmp_path / "best")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_manifest_is_no_checkpoint(tmp_path: Path, text: str) -> None:
    run_epochs(tmp_path, [1.0])
    (tmp_path / "best" / "manifest.json").write_text(text)
    with pytest.raises(RunError, match="there is no whole checkpoint"):
        checked_weights(tmp_path / "best")


def test_no_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        checked_weights(tmp_path / "best")
    assert caught.value.exit_code == 4
