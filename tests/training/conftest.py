"""Tiny experiments for the tests of training, and one run that many of them look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shapenet.experiment import Experiment, load_experiment
from shapenet.training.fit import TrainingResult, train
from shapenet.training.reporter import Reporter, TrainingStart

CONFIG = """\
# A tiny experiment.
name: tiny
seed: 3
data:
  source: {shapes: {classes: [square, triangle], num_images: 200, size: 16}}
  split: {val: 0.2, test: 0.2}
model:
  layers:
    - Conv2D: {filters: 4, kernel_size: 3, activation: relu}
    - MaxPooling2D
    - Flatten
    - Dense: {units: 8, activation: relu}
optimizer:
  Adam: {learning_rate: 1e-2}
training: {batch_size: 16, epochs: 2, steps_per_execution: 2}
"""

Train = Callable[..., TrainingResult]


class Recorder(Reporter):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.start: TrainingStart | None = None
        self.warnings: list[str] = []
        self.steps: list[tuple[int, int, int]] = []
        self.rows: list[tuple[dict[str, float], bool]] = []
        self.closed = 0

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def started(self, start: TrainingStart) -> None:
        self.start = start

    def step(self, epoch: int, images_done: int, images_total: int, logs: Mapping[str, float]) -> None:
        self.steps.append((epoch, images_done, images_total))

    def epoch(self, row: Mapping[str, float], *, is_best: bool) -> None:
        self.rows.append((dict(row), is_best))

    def close(self) -> None:
        self.closed += 1


def experiment_in(folder: Path, *overrides: str, config: str = CONFIG) -> Experiment:
    """The tiny experiment, written to `folder` and changed by overrides."""
    folder.mkdir(exist_ok=True)
    path = folder / "tiny.yaml"
    path.write_text(config, encoding="utf-8")
    return load_experiment(path, overrides)


def train_in(folder: Path, *overrides: str, reporter: Reporter | None = None, config: str = CONFIG) -> TrainingResult:
    """Train the tiny experiment into ``folder / "runs"``."""
    experiment = experiment_in(folder, *overrides, config=config)
    return train(experiment, folder / "runs", ("shapenet", "train"), reporter or Reporter())


def rows_without_times(result: TrainingResult) -> list[dict[str, object]]:
    """The lines of ``metrics.jsonl`` but for what a clock decides."""
    import json

    rows = [json.loads(line) for line in result.run.metrics.read_text().splitlines()]
    return [{k: v for k, v in row.items() if k not in ("seconds", "images_per_second")} for row in rows]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingResult, Recorder]:
    """One finished run, to look at only, and what its reporter heard."""
    reporter = Recorder()
    return train_in(tmp_path_factory.mktemp("trained"), reporter=reporter), reporter
