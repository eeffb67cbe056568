"""One fuzzing case a number: a config, its base files and overrides, and what may come of them."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from shapenet.errors import ConfigError, DataError, Problem
from shapenet.experiment import Experiment, load_experiment
from shapenet.training.check import check_experiment
from tests.fuzz.config_grammar import config_text, overrides, with_tokens
from tests.fuzz.mutate import mutated

_CONFIGS = Path(__file__).resolve().parents[2] / "configs"
_LIMIT_SECONDS = 1.0
_WITHOUT_LINE = {
    "config/missing-file", "config/not-a-file", "config/too-big", "config/tag", "config/plugin", "config/conflict",
}  # fmt: skip
"""What is wrong with a file as a whole."""


def config_case(number: int, folder: Path) -> None:
    """Load a config within a second: an experiment that survives being written out, or errors with their places."""
    path, changes = written(number, folder)
    begun = time.process_time()
    try:
        experiment = load_experiment(path, changes)
        check_experiment(experiment)
    except ConfigError as error:
        for problem in error.problems:
            _check_problem(problem, changes)
    except DataError as error:
        assert error.problems[0].message  # noqa: PT017 -- a source looked at its files
    else:
        _check_again(experiment, folder)
    seconds = time.process_time() - begun
    assert seconds < _LIMIT_SECONDS, f"{seconds:.2f} s"


def config_cli_case(number: int, folder: Path) -> None:
    """The same by the command line: a documented exit code, and no traceback."""
    path, changes = written(number, folder)
    overriding = [part for change in changes for part in ("-o", change)]
    command = [sys.executable, "-m", "shapenet", "--format", "json", "validate", "--config", str(path), *overriding]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, errors="replace")
    assert done.returncode in (0, 2, 3), (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    if done.returncode:
        told = json.loads(done.stderr.strip("\n").split("\n")[-1])
        assert all(problem["message"] and problem["code"] != "bug" for problem in told["errors"])


def written(number: int, folder: Path) -> tuple[Path, list[str]]:
    """The config of a case and its overrides; files of the case before are removed."""
    rng = random.Random(f"config {number}")  # noqa: S311
    for old in folder.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    names = [f"{name}.yaml" for name in "abc"[: rng.choice((1, 1, 2, 3))]]
    for name in names:
        kind = rng.random()
        real = rng.choice(_real_configs())
        if kind < 0.1:
            data = mutated(real, rng)
        elif kind < 0.25:
            data = with_tokens(real.decode(), rng).encode()
        else:
            data = config_text(rng, names).encode("utf-8", "surrogatepass")
        (folder / name).write_bytes(data)
    return folder / names[0], overrides(rng) if rng.random() < 0.3 else []


def _check_problem(problem: Problem, changes: list[str]) -> None:
    assert problem.message, problem
    assert problem.place is not None, problem
    assert len(str(problem)) < 2000, problem
    has_line = problem.place.line is not None and problem.place.column is not None
    by_user = problem.place.file.startswith(("command line", "-o ", "environment"))
    assert has_line or by_user or problem.code in _WITHOUT_LINE or changes, problem


def _check_again(experiment: Experiment, folder: Path) -> None:
    resolved = experiment.resolved()
    again = folder / "resolved.yaml"
    again.write_text(resolved, encoding="utf-8")
    assert load_experiment(again).resolved() == resolved


@cache
def _real_configs() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(_CONFIGS.rglob("*.yaml")))


CASES: dict[str, Callable[[int, Path], None]] = {"config": config_case, "config_cli": config_cli_case}
