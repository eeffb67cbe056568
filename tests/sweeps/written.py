"""A small sweep as its files."""

from __future__ import annotations

from pathlib import Path

BASE = """\
name: base
data: {source: {shapes: {classes: [square, ring], num_images: 60, size: 8}}}
model: {layers: [Flatten, Dense: {units: 4}]}
training: {epochs: 1, batch_size: 8}
"""

SWEEP = """\
name: try
base: base.yaml
overrides: {training.epochs: 2}
grid:
  optimizer.SGD.learning_rate: [0.1, 0.01]
  training.batch_size: [8, 16]
"""

OWN_METRIC = """\
from shapenet.registry import REGISTRIES


@REGISTRIES["metric"].register("own_metric")
def own_metric():
    raise AssertionError
"""


def write_sweep(folder: Path, text: str = SWEEP) -> Path:
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    (folder / "sweep.yaml").write_text(text, encoding="utf-8")
    return folder / "sweep.yaml"
