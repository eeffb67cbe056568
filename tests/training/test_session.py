"""Precision and determinism as they are resolved."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from shapenet.config.schema import TrainingConfig
from shapenet.errors import ConfigError
from shapenet.training.session import resolve_precision, start_session


@pytest.mark.parametrize(
    ("asked", "capabilities", "expected"),
    [
        ("auto", [], "float32"),
        ("auto", [(9, 0)], "mixed_bfloat16"),
        ("auto", [(8, 0), (7, 5)], "mixed_float16"),
        ("auto", [(6, 1)], "float32"),
        ("mixed_float16", [(7, 0)], "mixed_float16"),
        ("mixed_bfloat16", [], "mixed_bfloat16"),
    ],
)
def test_precision(asked: str, capabilities: list[tuple[int, int]], expected: str) -> None:
    assert resolve_precision(asked, capabilities) == expected


def test_float16_on_a_cpu_is_refused() -> None:
    with pytest.raises(ConfigError, match="mixed_float16 needs a GPU"):
        resolve_precision("mixed_float16", [])


def test_a_session_sets_the_policy_anew() -> None:
    import keras

    start_session(TrainingConfig(precision="mixed_bfloat16"), 1)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    start_session(TrainingConfig(precision="float32"), 1)
    assert keras.config.dtype_policy().name == "float32"


def test_import_is_quiet_and_leaves_stderr_working() -> None:
    code = "import shapenet.training.session as s, sys; s.import_keras(); print('heard', file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stderr == "heard\n"
