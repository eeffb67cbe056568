"""Whatever a file or the command line says, the answer is an experiment or a ConfigError."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shapenet.config.dump import dump_yaml
from shapenet.errors import ConfigError
from shapenet.experiment import load_experiment

BASE: dict[str, Any] = {
    "name": "x",
    "data": {"source": {"shapes": {"classes": ["ring", "star"], "num_images": 60}}},
    "model": {"layers": ["Flatten", {"Dense": {"units": 3}}]},
    "optimizer": {"Adam": {"learning_rate": 0.1}},
}
KEYS = (
    "name", "project", "seed", "task", "data", "source", "val", "split", "model", "layers", "head", "input_scaling",
    "optimizer", "learning_rate", "loss", "metrics", "training", "epochs", "callbacks", "Adam", "Dense", "units",
    "CosineDecay", "shapes", "classes", "csv", "path", "AUC", "L2", "kernel_regularizer", "inputs",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=4),
    st.sampled_from([*KEYS, "Flatten", "${name}", "${env:NO_SUCH_VARIABLE:1}", "${dir:name}", "~", "1e-3"]),
)  # fmt: skip
VALUES: Any = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=3),
    max_leaves=10,
)
ROADS = st.lists(st.sampled_from([*KEYS, "0", "1", "-1", ""]), min_size=1, max_size=5).map(".".join)


def load(content: dict[str, Any], overrides: Sequence[str] = ()) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_text(dump_yaml(content), encoding="utf-8")
        with suppress(ConfigError):
            load_experiment(path, overrides)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_any_file(content: dict[str, Any]) -> None:
    load({**BASE, **content})


@given(st.lists(st.text(max_size=12) | st.tuples(ROADS, st.text(max_size=8)).map("=".join), max_size=3))
def test_any_override(overrides: list[str]) -> None:
    load(BASE, overrides)
