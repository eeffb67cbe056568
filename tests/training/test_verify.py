"""A run that is really killed and resumed, in processes of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.errors import DataError, RunError
from shapenet.training.verify import _differences, _verdict, verify_resume

from .conftest import train_in
from .test_resume import MLP


def test_a_killed_run_gives_equal_numbers(tmp_path: Path) -> None:
    (tmp_path / "mlp.yaml").write_text(MLP)
    told: list[str] = []
    verdict = verify_resume(tmp_path / "mlp.yaml", (), limit_epochs=2, tell=told.append)
    assert verdict.equal, verdict.lines
    again = "training again, killed in epoch 1 after half of its steps, as soon as something is saved"
    assert told[1:] == [again, "resuming it"]
    assert verdict.lines[0].startswith("equal, bit for bit")


def test_the_kill_waits_for_something_to_go_on_from(tmp_path: Path) -> None:
    (tmp_path / "mlp.yaml").write_text(MLP)
    changes = ("training.steps_per_execution=14",)
    verdict = verify_resume(tmp_path / "mlp.yaml", changes, limit_epochs=1, tell=lambda text: None)
    assert verdict.equal, verdict.lines
    assert verdict.lines[0].endswith("it went on in epoch 1 after step 14")


@pytest.mark.parametrize("at", [None, (1, 0)])
def test_where_nothing_was_saved_nothing_is_verified(at: tuple[int, int] | None) -> None:
    verdict = _verdict((), at, deterministic=True)
    assert not verdict.equal
    assert verdict.lines[0].startswith("nothing was verified")


def test_jax_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "mlp.yaml").write_text(MLP)
    told: list[str] = []
    with pytest.raises(RunError, match=r"mlp\.yaml: a run on JAX can't go on"):
        verify_resume(tmp_path / "mlp.yaml", ("runtime.backend=jax",), limit_epochs=1, tell=told.append)
    assert told == []


def test_what_is_wrong_with_the_data_is_told_as_such(tmp_path: Path) -> None:
    config = MLP.replace("shapes: {classes: [square, triangle], num_images: 157, size: 12}", "csv: {path: none.csv}")
    (tmp_path / "mlp.yaml").write_text(config)
    with pytest.raises(DataError, match=r"none\.csv: No such file"):
        verify_resume(tmp_path / "mlp.yaml", (), limit_epochs=1, tell=lambda text: None)


def test_what_differs_is_named(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one = train_in(tmp_path / "one", "training.epochs=1").run
    other = train_in(tmp_path / "other", "training.epochs=1", "seed=4").run
    found = list(_differences(one, other))
    assert "metrics.jsonl" in found
    assert any(line.startswith("weights of last: ") for line in found)
    verdict = _verdict(found, (1, 3), deterministic=False)
    assert not verdict.equal
    assert verdict.lines[-1] == "the training is not deterministic: see training.deterministic"
