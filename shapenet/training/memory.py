"""When memory runs out: the same training with smaller batches, whose gradients are added up."""

from __future__ import annotations

import gc
import logging
import math
from dataclasses import replace
from typing import Any

from shapenet.config.schema import TrainingConfig
from shapenet.errors import MachineError
from shapenet.experiment import Experiment
from shapenet.optim.steps import stretched
from shapenet.registry import Component
from shapenet.rundir.atomic import write_atomic
from shapenet.training.record import RunRecord
from shapenet.training.reporter import Reporter
from shapenet.training.saved import Saved, take_back

_LOG = logging.getLogger("shapenet")


def with_smaller_batches(
    error: MachineError, experiment: Experiment, record: RunRecord, reporter: Reporter
) -> Experiment | None:
    """What to train instead of an experiment whose batches did not fit the memory.

    The run begins anew, so this goes only as long as no epoch is done.

    Args:
        error: What ended the training.
        experiment: What was trained.
        record: The run; its resolved config becomes that of the new experiment.
        reporter: Hears of it.

    Returns:
        The experiment with batches of half the size; None where that is not asked for or can't help.
    """
    training = experiment.config.training
    is_memory = any(problem.code == "machine/memory" for problem in error.problems)
    if not is_memory or training.on_out_of_memory != "halve" or training.batch_size < 2 or record.manifest.epochs_done:
        return None
    smaller = halved(experiment)
    arguments = smaller.config.optimizer.arguments
    text = (
        f"the memory does not suffice for a batch of {training.batch_size}: beginning anew with batches of "
        f"{smaller.config.training.batch_size}, gradients of {arguments['gradient_accumulation_steps']} of them "
        "added up for each update"
    )
    _LOG.warning("%s", text)
    reporter.warning(text)
    take_back(record.run.checkpoints_dir, Saved())
    write_atomic(record.run.resolved_config, smaller.resolved())
    gc.collect()
    return smaller


def halvings(experiment: Experiment) -> list[Experiment]:
    """What an experiment may have become: itself, and, if it asks for that, with smaller and smaller batches."""
    found = [experiment]
    if experiment.config.training.on_out_of_memory == "halve":
        while found[-1].config.training.batch_size >= 2:
            found.append(halved(found[-1]))
    return found


def halved(experiment: Experiment) -> Experiment:
    """The experiment with batches of half the size and an optimizer that updates half as often.

    The gradients that are applied are those of the whole batch before, but for batch normalisation,
    which sees the smaller batches, and but for a batch size that is odd. Schedules count batches, and
    so do moving averages of the weights, so both are slowed down; counts of batches are doubled.
    ``ema_overwrite_frequency`` counts updates.

    Args:
        experiment: An experiment with batches of at least 2.
    """
    config = experiment.config
    optimizer = config.optimizer
    given = optimizer.arguments
    changed: dict[str, Any] = {"gradient_accumulation_steps": 2 * (given.get("gradient_accumulation_steps") or 1)}
    if isinstance(rate := given.get("learning_rate"), Component):
        changed["learning_rate"] = stretched(rate, 2)
    if given.get("use_ema"):
        default = optimizer.entry.parameters["ema_momentum"].default
        changed["ema_momentum"] = math.sqrt(float(given.get("ema_momentum", default)))
    update = {"training": _with_half_batches(config.training), "optimizer": optimizer.having(**changed)}
    return replace(experiment, config=config.model_copy(update=update))


def _with_half_batches(training: TrainingConfig) -> TrainingConfig:
    """The section with batches of half the size, and twice as many wherever it counts them."""
    changed: dict[str, Any] = {"batch_size": training.batch_size // 2}
    if limit := training.limit_batches:
        counts = {split: 2 * count for split, count in (("train", limit.train), ("val", limit.val)) if count}
        changed["limit_batches"] = limit.model_copy(update=counts)
    if every := training.checkpoint.every_steps:
        changed["checkpoint"] = training.checkpoint.model_copy(update={"every_steps": 2 * every})
    return training.model_copy(update=changed)
