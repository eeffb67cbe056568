"""A sample of what ``make chaos-kill`` does in full; a failure names its case, as ``--seed N --only K``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.chaos.compare import differences
from tests.chaos.disturb import KILLS
from tests.chaos.kill import Harness, Plan


def test_killed_trainings_end_as_undisturbed_ones(killer: Harness) -> None:
    plan = Plan(("save", "time", "record"), ("mlp", "cnn"), counts=(3,))
    done = [killer.case(2, number, plan) for number in range(2)]
    assert [case.finding for case in done] == [None, None]
    assert sum(mode in KILLS for case in done for mode in case.done) >= 2  # a slow machine may miss some


def test_trainings_that_signals_end_go_on(killer: Harness) -> None:
    case = killer.case(1, 0, Plan(("signal", "two signals"), ("mlp",), counts=(2,)))
    assert case.finding is None
    assert case.done


@pytest.mark.parametrize("file", ["checkpoints/last/state.npz", "checkpoints/best/model.weights.h5", "metrics.jsonl"])
def test_a_run_that_ended_otherwise_is_told(killer: Harness, tmp_path: Path, file: str) -> None:
    run = killer.undisturbed("mlp").run
    shutil.copytree(run, tmp_path / "other", symlinks=True)
    assert list(differences(run, tmp_path / "other")) == []
    _change(tmp_path / "other" / file)
    assert list(differences(run, tmp_path / "other"))


def _change(path: Path) -> None:
    if path.suffix == ".h5":
        import h5py

        with h5py.File(path, "r+") as file:
            names: list[str] = []
            file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            file[names[0]][...] = 0.5
    elif path.suffix == ".npz":
        import numpy as np

        arrays = dict(np.load(path))
        arrays["optimizer/0"] = arrays["optimizer/0"] + 1
        np.savez(path, **arrays)
    else:
        lines = path.read_text().splitlines()
        row = json.loads(lines[-1])
        path.write_text("\n".join([*lines[:-1], json.dumps({**row, "loss": row["loss"] + 1e-7})]) + "\n")
