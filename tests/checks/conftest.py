"""A small experiment that is sound, to put faults into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from shapenet.checks.bench import Bench, open_bench
from shapenet.data.inspect.finding import Finding
from shapenet.experiment import load_experiment
from shapenet.training.reporter import Reporter

SIDE, CLASSES = 8, 3
CONFIG = """\
name: sound
seed: 5
data:
  source: {arrays: {path: data.npz}}
  split: {val: 0.3, test: 0.1}
model:
  layers:
    - Flatten
    - Dense: {units: 24, activation: relu, kernel_initializer: glorot_uniform, name: inner}
optimizer: {Adam: {learning_rate: 5e-3}}
training: {batch_size: 32, epochs: 2}
"""


def images_of(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """A picture for each class, under noise."""
    random = np.random.default_rng(seed)
    pictures = np.random.default_rng(9).integers(60, 196, (CLASSES, SIDE, SIDE, 1))
    noise = random.normal(0, 40, (len(labels), SIDE, SIDE, 1))
    return np.clip(pictures[labels] + noise, 0, 255).astype(np.uint8)


def write_data(folder: Path, **more: np.ndarray) -> None:
    """300 images of three classes; further arrays take the place of those of the same name."""
    labels = np.arange(300) % CLASSES
    np.savez(folder / "data.npz", **{"images": images_of(labels), "labels": labels, **more})


def bench_in(folder: Path, *overrides: str, config: str = CONFIG) -> Bench:
    """The sound experiment, changed by overrides, with all the time in the world."""
    if not (folder / "data.npz").exists():
        write_data(folder)
    (folder / "sound.yaml").write_text(config, encoding="utf-8")
    return open_bench(load_experiment(folder / "sound.yaml", overrides), folder / "runs", 600.0, Reporter())


def found(check: Callable[[Bench], Iterator[Finding]], bench: Bench) -> dict[str, Finding]:
    """What a check finds, by codes."""
    return {finding.code: finding for finding in check(bench)}


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The experiment without a fault."""
    return bench_in(tmp_path_factory.mktemp("sound"))
