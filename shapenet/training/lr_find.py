"""The learning rate finder: a range test on an experiment's own data and model, which leaves no run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.errors import ConfigError, DataError
from shapenet.experiment import Experiment
from shapenet.rundir.atomic import machine_errors
from shapenet.rundir.csv_file import write_csv
from shapenet.training.backend import computes_with_jax
from shapenet.training.balance import class_weights
from shapenet.training.build import build_augmenter, compile_model
from shapenet.training.check import check_experiment
from shapenet.training.data import train_batches
from shapenet.training.faults import fit_errors
from shapenet.training.fields import data_spec
from shapenet.training.freeze import build_optimizer
from shapenet.training.init import initialise, with_found_run
from shapenet.training.lr_range import RateSweep, sweep_rates
from shapenet.training.opened import opened
from shapenet.training.optimizer import inner_optimizer
from shapenet.training.reporter import Reporter
from shapenet.training.session import start_session
from shapenet.training.statistics import SplitStatistics

if TYPE_CHECKING:
    from shapenet.data.dataset import Dataset


@dataclass(frozen=True)
class RateOptions:
    """What a range test tries.

    Attributes:
        lowest: The first rate, above 0.
        highest: The last rate, above `lowest`.
        num_steps: How many rates.
    """

    lowest: float
    highest: float
    num_steps: int


def find_learning_rate(
    experiment: Experiment, runs_dir: Path, options: RateOptions, reporter: Reporter, *, on_step: Callable[[int], None]
) -> RateSweep:
    """Train an experiment's model, from its first weights, at rates that rise from step to step.

    A schedule in the config is put aside. With accumulated gradients a step is an update, and its loss
    the mean of its batches.

    Args:
        experiment: The experiment.
        runs_dir: Folder of all runs, for ``init.run``.
        options: What to try.
        reporter: Hears of packing.
        on_step: Called after each step with how many are done.

    Raises:
        ConfigError: The model can't be built, parts of the config don't fit, or the loss is no number at once.
        DataError: The data is missing, damaged or unfit.
        MachineError: The memory does not suffice.
    """
    check_experiment(experiment)
    experiment = with_plain_rate(with_found_run(experiment, runs_dir), options.lowest)
    dataset = opened(experiment, experiment.config.runtime, reporter)
    sweep = _sweep(experiment, dataset, options, on_step)
    if not sweep.points:
        message = f"the loss is no finite number at the first rate, {options.lowest:g}"
        raise ConfigError("training/diverged", message, key=("optimizer",), hint="look at the loss and the data")
    return sweep


def with_plain_rate(experiment: Experiment, rate: float) -> Experiment:
    """The experiment with a learning rate that stays.

    Args:
        experiment: The experiment.
        rate: In place of its own rate or schedule.
    """
    optimizer = experiment.config.optimizer.having(learning_rate=rate)
    config = experiment.config.model_copy(update={"optimizer": optimizer})
    return replace(experiment, config=config)


def _sweep(experiment: Experiment, dataset: Dataset, options: RateOptions, on_step: Callable[[int], None]) -> RateSweep:
    from shapenet.training.feed import reading, to_dataset

    config, train = experiment.config, dataset.splits["train"]
    batches = train_batches(config, train)
    spec = data_spec(train, dataset.classes, SplitStatistics(dataset.splits, dataset.names))
    with experiment.locating():
        start_session(config.training, config.seed)
        compiled = compile_model(config, spec, steps_per_execution=1)
        initialise(compiled.model, config.init)
        build_optimizer(config.training, compiled.model)
        augmenter = build_augmenter(config, spec, compiled.bound)
        weigh = compiled.weigher(class_weights(config, compiled.bound))
    feed = to_dataset(batches, compiled.encode, augmenter=augmenter, weigh=weigh, inputs=compiled.inputs)
    num_done = 0

    def loss_at(rate: float) -> float:
        nonlocal num_done
        loss = _update(compiled.model, endless, rate)
        num_done += 1
        on_step(num_done)
        return loss

    told = fit_errors(config.training.batch_size, lambda: num_done > 0)
    with experiment.locating(), told, reading(batches):
        endless = _endless(feed, batches)
        return sweep_rates(loss_at, options.lowest, options.highest, options.num_steps)


def _update(model: Any, batches: Iterator[Any], rate: float) -> float:
    """Train one update at a rate; the mean loss of its batches."""
    model.optimizer.learning_rate = rate
    num_batches = inner_optimizer(model).gradient_accumulation_steps or 1
    losses = []
    for _ in range(num_batches):
        given, targets, *weights = next(batches)
        model.reset_metrics()
        logs = model.train_on_batch(given, targets, sample_weight=weights[0] if weights else None, return_dict=True)
        losses.append(float(logs["loss"]))
    return sum(losses) / len(losses)


def _endless(feed: Any, batches: Any) -> Iterator[Any]:
    """Batches of one epoch after another."""
    if not len(batches):
        raise DataError("data/empty", "the train split has no images")
    while True:
        yield from feed.as_numpy_iterator() if computes_with_jax() else feed
        batches.epoch += 1


def write_sweep(folder: Path, sweep: RateSweep, name: str) -> tuple[Path, Path]:
    """Write the steps of a range test as a table and as a picture.

    Args:
        folder: Takes ``rates.csv`` and ``rates.png``, each replaced in one step.
        sweep: The test.
        name: The experiment's name, for the title.

    Returns:
        The two files.

    Raises:
        MachineError: They can't be written.
    """
    from shapenet.training.lr_plot import write_rates_plot

    table, picture = folder / "rates.csv", folder / "rates.png"
    rows = [
        [str(step), *(f"{value:.6g}" for value in (point.learning_rate, point.loss, point.smoothed))]
        for step, point in enumerate(sweep.points, start=1)
    ]
    with machine_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_csv(table, [["step", "learning_rate", "loss", "smoothed_loss"], *rows])
    write_rates_plot(picture, sweep, name)
    return table, picture
