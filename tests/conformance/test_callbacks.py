"""Every callback in a training of two epochs, in full and in mixed precision."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from tests.conformance import table, tiny


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", table.names("callback"))
def test_a_callback(name: str, precision: str, tmp_path: Path) -> None:
    more = table.described("callback", name).get("with", {})
    training = {"epochs": 2, "precision": precision, "callbacks": [table.component("callback", name)]}
    trial = tiny.experiment(tmp_path, ["Flatten"], training=training, **more)
    result = train(trial, tmp_path / "runs", ("test",), Reporter())
    assert result.manifest.epochs_done == 2
