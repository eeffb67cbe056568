"""A fast trial of everything that training does: a few batches, one epoch, nothing kept."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shapenet.config.learning import LimitBatchesConfig
from shapenet.experiment import Experiment
from shapenet.optim.steps import settled_for_ever
from shapenet.registry import Component
from shapenet.training.check import check_experiment
from shapenet.training.fit import TrainingResult, train
from shapenet.training.init import with_found_run
from shapenet.training.reporter import Reporter

NUM_BATCHES = 4
"""Batches of the training, and of the validation."""


def train_fast(experiment: Experiment, runs_dir: Path, command: Sequence[str], reporter: Reporter) -> TrainingResult:
    """Train one epoch of a few batches and validate on a few, in a run directory that is removed.

    Args:
        experiment: What to train.
        runs_dir: Folder of all runs, for ``init.run``; the run itself stands elsewhere.
        command: The command line, for the manifest.
        reporter: Hears how it goes.

    Returns:
        How it went; its files are gone.

    Raises:
        ShapenetError: Whatever `shapenet.training.fit.train` raises.
    """
    check_experiment(experiment)
    short = shortened(with_found_run(experiment, runs_dir))
    with tempfile.TemporaryDirectory(prefix="shapenet-") as folder:
        return train(short, Path(folder), command, reporter)


def shortened(experiment: Experiment) -> Experiment:
    """The experiment with one epoch of a few batches; its schedule goes as in the whole training.

    Gradients are not added up: there may be too few batches for an update.

    Args:
        experiment: An experiment that has been checked.
    """
    config = experiment.config
    training: dict[str, Any] = {"epochs": 1, "limit_batches": LimitBatchesConfig(train=NUM_BATCHES, val=NUM_BATCHES)}
    update: dict[str, Any] = {"training": config.training.model_copy(update=training)}
    optimizer = config.optimizer
    if isinstance(rate := optimizer.arguments.get("learning_rate"), Component):
        optimizer = optimizer.having(learning_rate=settled_for_ever(rate, config.training.epochs))
    if (optimizer.arguments.get("gradient_accumulation_steps") or 0) > 1:  # fewer are refused
        optimizer = optimizer.without("gradient_accumulation_steps")
    update["optimizer"] = optimizer
    return replace(experiment, config=config.model_copy(update=update))
