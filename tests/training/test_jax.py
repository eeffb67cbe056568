"""Training, evaluation and going on with Keras on JAX, and what is said where that can't be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shapenet.config.runtime import RuntimeConfig
from shapenet.errors import ConfigError, MachineError
from shapenet.training import backend
from shapenet.training.check import check_experiment
from shapenet.training.session import import_keras
from tests.training.conftest import experiment_in
from tests.training.on_jax import CASES

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each case of ``on_jax.py`` gave in a process of its own; skips where JAX is not installed."""
    pytest.importorskip("jax", reason='JAX is not installed: pip install -e ".[jax]"')
    folder = tmp_path_factory.mktemp("jax")
    command = [sys.executable, "-m", "tests.training.on_jax", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=1200)
    read: dict[str, Any] = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("case", CASES)
def test_it_runs_on_jax(found: dict[str, Any], case: str) -> None:
    given = found[case]
    assert not (isinstance(given, dict) and "failed" in given), given["failed"]


def test_a_training_on_jax_is_recorded_and_learns(found: dict[str, Any]) -> None:
    run = found["trained"]
    assert run["status"] == "done"
    assert "jax" in run["versions"]
    assert run["device"][1:] == ["float32", True] or run["device"][0] == "gpu"
    assert run["rows"][-1]["loss"] < run["rows"][0]["loss"]
    assert run["figures"]["loss"] == pytest.approx(run["rows"][-1]["val_loss"], abs=0.1)
    assert found["mixed"]["device"][1] == "mixed_bfloat16"


def test_the_same_numbers_come_again_on_jax(found: dict[str, Any]) -> None:
    timed = ("seconds", "images_per_second")
    first, again = (
        [{name: value for name, value in row.items() if name not in timed} for row in found[case]["rows"]]
        for case in ("trained", "again")
    )
    assert first == again


def test_an_interrupted_run_is_saved_and_can_not_go_on(found: dict[str, Any]) -> None:
    for case in ("interrupted", "interrupted in validation"):
        step, said = found[case]
        assert step != "0"
        assert "a run on JAX can't go on" in said


def test_unfreezing_is_refused_on_jax(tmp_path: Path) -> None:
    overrides = ("runtime.backend=jax", "training.freeze=[conv2d]", "training.unfreeze={at_epoch: 2}")
    with pytest.raises(ConfigError, match=r"training.unfreeze does not go with runtime.backend: jax"):
        check_experiment(experiment_in(tmp_path, *overrides))


def test_jax_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MachineError) as caught:
        backend.choose_backend(RuntimeConfig(backend="jax"))
    (problem,) = caught.value.problems
    assert (caught.value.exit_code, problem.key) == (5, ("runtime", "backend"))
    assert 'pip install "shapenet[jax]"' in str(problem.hint)


def test_another_backend_than_that_of_the_process_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import_keras()
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: object())
    with pytest.raises(MachineError, match="Keras computes with tensorflow in this process already"):
        backend.choose_backend(RuntimeConfig(backend="jax"))
    assert os.environ["KERAS_BACKEND"] == "tensorflow"


def test_the_config_decides_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    backend.choose_backend(RuntimeConfig())
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
