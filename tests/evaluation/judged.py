"""Images whose brightness tells their class, and a config for them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from shapenet.rundir.paths import RunDir

CONFIG = """\
name: judged
seed: 3
data:
  source: {csv: {path: images/dataset.csv}}
  split: {val: 0.2, test: 0.25}
model: {layers: [Flatten, Dense: {units: 8, activation: relu}]}
training: {batch_size: 16, epochs: 2}
"""

COLOURS = {"dark": 40, "grün": 120, "light": 200}


def write_images(folder: Path, count: int, *, size: int = 12, names: tuple[str, ...] = tuple(COLOURS)) -> Path:
    """PNGs whose brightness tells their class, and their CSV."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    rows = [("path", "label")]
    for index in range(count):
        name = names[index % len(names)]
        pixels = rng.integers(0, 40, (size, size, 3)) + COLOURS.get(name, 0)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
        rows.append((f"{index}.png", name))
    with (folder / "dataset.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return folder / "dataset.csv"


def copied(run: RunDir, folder: Path) -> RunDir:
    shutil.copytree(run.root, folder / run.id, symlinks=True)
    return RunDir(folder / run.id)
