"""Every entry gives the same numbers on JAX as on TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conformance import table
from tests.conformance.numbers import Numbers, entries, numbers

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def on_jax(tmp_path_factory: pytest.TempPathFactory) -> tuple[Numbers, dict[str, str]]:
    """The numbers of all entries on JAX, and the tracebacks of those that have none."""
    pytest.importorskip("jax", reason='JAX is not installed: pip install -e ".[jax]"')
    folder = tmp_path_factory.mktemp("numbers")
    command = [sys.executable, "-m", "tests.conformance.numbers", str(folder)]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, timeout=1800)
    with np.load(folder / "numbers.npz") as file:
        found = dict(file)
    return found, json.loads((folder / "failed.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("kind", "name"), entries())
def test_the_numbers_are_those_of_tensorflow(
    on_jax: tuple[Numbers, dict[str, str]], kind: str, name: str, tmp_path: Path
) -> None:
    table.skip_unless_installed(kind, name)
    found, failed = on_jax
    with table.checking(kind, name, "jax"):
        if traceback := failed.get(f"{kind} {name}"):
            raise RuntimeError(traceback)
        for key, expected in numbers(kind, name, tmp_path).items():
            tolerance = 1e-4 * (1 + float(np.abs(expected).max()))  # a byte would overflow
            np.testing.assert_allclose(found[f"{kind} {name} {key}"], expected, rtol=1e-3, atol=tolerance, err_msg=key)
