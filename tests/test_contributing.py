"""The examples of CONTRIBUTING.md are complete: they run, pass the linter, and do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

# In a process of its own, since registering is for good and the registries are tested elsewhere.
USE_THEM = """
import sys
from pathlib import Path
import numpy as np
from shapenet.config.schema import ModelConfig
from shapenet.errors import DataError
from shapenet.models.build import InputSpec, build_model
from shapenet.models.logits import gives_logits
from shapenet.registry import REGISTRIES, Component
from shapenet.plugins import load_plugins
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

load_vocabulary()
load_plugins(sorted(Path(sys.argv[1]).glob("*.py")))

np.savez("digits.npz", images=np.arange(5 * 64, dtype=np.uint8).reshape(5, 8, 8, 1), labels=[0, 2, 1, 0, 2])
records = Component("source", "npz", {"path": Path("digits.npz")}).create()
assert (len(records), records.classes, records.name_of(4)) == (5, ("0", "1", "2"), "digits.npz[4]")
assert records.read(1, 3)["image"].shape == (2, *records.fields["image"].shape)
assert list(records.read(1, 3)["label"]) == list(records.label_of()[1:3]) == [2, 1]
np.savez("bad.npz", images=np.zeros((5, 8, 8)), labels=[0] * 5)
try:
    Component("source", "npz", {"path": Path("bad.npz")}).create()
except DataError as error:
    assert "received float64 (5, 8, 8)" in str(error)
else:
    raise SystemExit("a file of the wrong form was accepted")

task = Component("task", "cosine_classification", {"scale": 10.0}).create().bind(spec_of(3))
layers = ["SpatialAttention", "Flatten"]
config = ModelConfig.model_validate({"layers": layers})
model = build_model(config, {"": task}, InputSpec((8, 8, 1), "uint8"), "example")
logits = np.asarray(model(records.read(0, 5)["image"]))
assert logits.shape == (5, 3) and gives_logits(model.outputs[0])
assert np.abs(logits).max() <= 10.0 + 1e-3
assert any(layer.name == "spatial_attention.weights" for layer in model.layers)
"""


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A folder with the examples as files, each in the package folder that its first line names."""
    blocks = re.findall(
        r"```python\n# (shapenet/\S+)\n(.*?)```",
        (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
    assert [Path(name).parent.name for name, _ in blocks] == ["layers", "tasks", "data"]
    folder = tmp_path / "examples"
    folder.mkdir()
    for name, code in blocks:
        (folder / Path(name).name).write_text(code, encoding="utf-8")
    return folder


def test_the_examples_work(examples: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", USE_THEM, str(examples)]
    paths = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_examples_follow_the_rules(examples: Path) -> None:
    config = ["--config", str(REPOSITORY / "pyproject.toml"), "--no-cache", "--quiet"]
    # The folder is not the package's, where imports inside bodies are the rule.
    for arguments in (["check", "--ignore", "PLC0415"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, *config, str(examples)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
