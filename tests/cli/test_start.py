"""What the commands that must answer at once import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("tensorflow", "keras", "tensorboard", "matplotlib", "jax", "optuna", "ray")

RUN = """
import json, sys
from shapenet.cli import main
code = 0
try:
    code = main()
except SystemExit as end:
    code = end.code
sys.stdout.flush()
loaded = [name for name in {heavy!r} if name in sys.modules]
print("\\n" + json.dumps({{"code": code or 0, "loaded": loaded}}))
"""

CONFIG = """
name: quick
task: classification
data:
  source: {csv: {path: none.csv}}
model:
  layers:
    - Flatten
    - Dense: {units: 8, activation: relu}
optimizer:
  Adam: {learning_rate: {CosineDecay: {initial_learning_rate: 1e-3, decay_steps: 100}}}
"""


def run_cli(arguments: list[str], folder: Path, heavy: tuple[str, ...]) -> dict[str, object]:
    """Run the command line in a new process; its exit code and which of `heavy` it loaded."""
    command = [sys.executable, "-c", RUN.format(heavy=heavy), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["data", "check", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    heavy = (*HEAVY, "numpy", "pydantic", "PIL", "rich")
    assert run_cli(arguments, tmp_path, heavy) == {"code": 0, "loaded": []}


def test_help_that_shows_the_defaults_of_shapes_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = (*HEAVY, "numpy", "PIL", "rich")
    assert run_cli(["data", "generate", "--help"], tmp_path, heavy) == {"code": 0, "loaded": []}


def test_validate_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "quick.yaml").write_text(CONFIG, encoding="utf-8")
    assert run_cli(["validate", "--config", "quick.yaml"], tmp_path, HEAVY) == {"code": 0, "loaded": []}


def test_validate_of_a_wrong_config_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(CONFIG.replace("units", "unit"), encoding="utf-8")
    assert run_cli(["validate", "--config", "wrong.yaml"], tmp_path, HEAVY) == {"code": 2, "loaded": []}


def test_runs_list_imports_nothing_heavy(tmp_path: Path) -> None:
    assert run_cli(["runs", "list"], tmp_path, HEAVY) == {"code": 0, "loaded": []}
