"""Faults of a config, each with its message, against a golden file; UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shapenet.errors import ConfigError
from shapenet.experiment import load_experiment

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "config_faults.txt"
RIGHT = """\
name: quick
data:
  source: {shapes: {classes: [square, star], num_images: 40, size: 16}}
  split: {val: 0.2, test: 0.2}
model:
  layers:
    - Conv2D: {filters: 4, kernel_size: 3}
    - Flatten
optimizer: {Adam: {learning_rate: 1e-3}}
training: {batch_size: 4, epochs: 3}
"""

FAULTS = {
    "unknown key": ("training:", "trainning:"),
    "unknown key in a section": ("batch_size", "batchsize"),
    "unknown key far from any": ("epochs", "zzz"),
    "missing section": ("model:\n  layers:\n    - Conv2D: {filters: 4, kernel_size: 3}\n    - Flatten\n", ""),
    "missing key": ("name: quick\n", ""),
    "empty section": ("training: {batch_size: 4, epochs: 3}", "training:"),
    "text for an integer": ("batch_size: 4", "batch_size: many"),
    "boolean for an integer": ("batch_size: 4", "batch_size: true"),
    "float for an integer": ("batch_size: 4", "batch_size: 4.5"),
    "integer in quotes": ("batch_size: 4", "batch_size: '4'"),
    "null": ("epochs: 3", "epochs: null"),
    "too small": ("epochs: 3", "epochs: 0"),
    "too large": ("val: 0.2", "val: 1.0"),
    "NaN": ("1e-3", ".nan"),
    "infinite": ("1e-3", ".inf"),
    "negative learning rate": ("1e-3", "-1e-3"),
    "text for a boolean": ("epochs: 3", "epochs: 3, jit_compile: no"),
    "one of a few": ("epochs: 3", "epochs: 3, precision: float16"),
    "list for a mapping": ("training: {batch_size: 4, epochs: 3}", "training: [4, 3]"),
    "mapping for a list": ("classes: [square, star]", "classes: {square: star}"),
    "unknown layer": ("- Flatten", "- Flaten"),
    "unknown layer in lower case": ("- Flatten", "- flatten"),
    "unknown argument": ("filters: 4", "filter: 4"),
    "missing argument": ("{filters: 4, kernel_size: 3}", "{filters: 4}"),
    "argument out of range": ("filters: 4", "filters: -4"),
    "unknown activation": ("filters: 4", "filters: 4, activation: rlu"),
    "unknown initializer": ("filters: 4", "filters: 4, kernel_initializer: HeNormall"),
    "arguments on the layer's own level": ("- Conv2D: {filters: 4, kernel_size: 3}", "- {Conv2D: , filters: 4}"),
    "layer without its arguments' level": ("- Conv2D: {filters: 4, kernel_size: 3}", "- Conv2D: 4"),
    "unknown optimizer": ("Adam:", "Adan:"),
    "unknown schedule": ("1e-3", "{CosineDcay: {}}"),
    "unknown source": ("shapes:", "shape:"),
    "unknown shape": ("square,", "sqare,"),
    "unknown task": ("name: quick", "name: quick\ntask: clasification"),
    "unknown metric": ("name: quick", "name: quick\nmetrics: [acuracy]"),
    "unknown loss": ("name: quick", "name: quick\nloss: CrossEntropy"),
    "nothing to train on": ("test: 0.2", "test: 0.8"),
    "XLA can't be deterministic": ("epochs: 3", "epochs: 3, jit_compile: true, deterministic: true"),
    "empty list of layers": ("\n    - Conv2D: {filters: 4, kernel_size: 3}\n    - Flatten", " []"),
    "plug-in that is not there": ("name: quick", "name: quick\nplugins: [own.py]"),
    "import string": ("- Flatten", "- os.system"),
    "a class that runs code": ("- Flatten", "- Lambda: {function: print}"),
    "duplicate key": ("epochs: 3", "epochs: 3, epochs: 4"),
    "name with a slash": ("name: quick", "name: a/b"),
    "several at once": ("epochs: 3}", "epoch: 3}\nsede: 1\nloss: Hing"),
}


def report(text: str, folder: Path) -> str:
    path = folder / "f.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_experiment(path)
    lines = []
    for problem in caught.value.problems:
        lines.append(f"{problem.code}: {problem.place}: {problem.message}")
        if problem.hint:
            lines.append(f"  help: {problem.hint}")
    return "\n".join(lines).replace(f"{folder}/", "")


def test_the_config_that_faults_are_put_in_is_right(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(RIGHT, encoding="utf-8")
    assert load_experiment(path).config.training.epochs == 3


def test_every_fault_has_its_message(tmp_path: Path) -> None:
    reports = []
    for title, (old, new) in FAULTS.items():
        assert RIGHT.count(old) >= 1, title
        reports.append(f"# {title}\n{report(RIGHT.replace(old, new, 1), tmp_path)}\n")
    found = "\n".join(reports)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")
