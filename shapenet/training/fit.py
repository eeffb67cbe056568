"""Training: from an experiment to a run directory with its best and last checkpoints."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.base import Listener, Row
from shapenet.callbacks.best import BestEpoch
from shapenet.callbacks.checkpoint import Position
from shapenet.callbacks.divergence import StopOnDivergence
from shapenet.callbacks.metrics_log import MetricsLog
from shapenet.callbacks.saving import Checkpoints, Schedule
from shapenet.callbacks.signals import SignalWatch
from shapenet.callbacks.state import TrainingState
from shapenet.callbacks.tensorboard import Scalar, TensorBoardExtras, TensorBoardFaults, bearing_faults
from shapenet.errors import MachineError, RunInterruptedError
from shapenet.experiment import Experiment, resolved_values
from shapenet.rundir.manifest import RunManifest
from shapenet.rundir.paths import RunDir
from shapenet.training.backend import choose_backend, computes_with_jax
from shapenet.training.callbacks import created_callbacks, early_stopping
from shapenet.training.check import check_experiment
from shapenet.training.continuation import continuation_of
from shapenet.training.data import load_data, open_sources
from shapenet.training.differences import flat
from shapenet.training.faults import fit_errors
from shapenet.training.freeze import Unfreezing
from shapenet.training.init import with_found_run
from shapenet.training.memory import with_smaller_batches
from shapenet.training.prepare import Prepared, prepare
from shapenet.training.record import RunRecord, record_data, recorded_run
from shapenet.training.reporter import Reporter
from shapenet.training.resume import Resumption, resumed_run
from shapenet.training.saved import Saved
from shapenet.training.session import import_keras_meanwhile, start_session

if TYPE_CHECKING:
    from shapenet.data.dataset import Dataset
    from shapenet.data.stream.batches import AnyBatches

_LOG = logging.getLogger("shapenet")


@dataclass(frozen=True)
class TrainingResult:
    """A run that ended well.

    Attributes:
        run: Its directory.
        manifest: Its manifest.
        stopped_early: Whether early stopping ended it.
        seconds: How long all of it took.
    """

    run: RunDir
    manifest: RunManifest
    stopped_early: bool
    seconds: float


def train(
    experiment: Experiment, runs_dir: Path, command: Sequence[str], reporter: Reporter,
    resumption: Resumption | None = None,
) -> TrainingResult:  # fmt: skip
    """Train an experiment in a new run directory, or go on in one.

    Args:
        experiment: What to train.
        runs_dir: Folder of all runs; ``latest`` in it points at this run from its first step on.
        command: The command line, for the manifest.
        reporter: Hears how it goes.
        resumption: The run to go on in; None for a new one.

    Raises:
        ConfigError: The model can't be built, or parts of the config don't fit.
        DataError: The data is missing, damaged or unfit.
        MachineError: The run directory can't be written, or memory does not suffice.
        DivergedError: The loss stopped being a finite number; the best checkpoint stays.
        RunInterruptedError: SIGINT or SIGTERM; the last state was saved if training had begun.
        RunError: Another process works on the run to go on in, or it does not fit any more.
    """
    start = time.perf_counter()
    config = experiment.config
    _check(experiment)
    if resumption:
        recorded = resumed_run(resumption, runs_dir, command, reporter.warning)
    else:
        experiment = with_found_run(experiment, runs_dir)
        recorded = recorded_run(experiment, runs_dir, command)
    with SignalWatch() as signals, recorded as record, closing(reporter):
        reporter.opened(record.run.root)
        if resumption and resumption.is_over:
            resumption.tidy()
            return _result(record, config.training.epochs, start)
        with experiment.locating():
            sources = open_sources(config)
        importing = import_keras_meanwhile()
        if config.training.precision == "mixed_float16":  # may be refused, so ask before hours of packing
            importing.join()
            with experiment.locating():
                start_session(config.training, config.seed)
        dataset = load_data(experiment, sources, reporter)
        if resumption:
            resumption.check_data(record.manifest, dataset.fingerprint)
        samples = record_data(record, dataset)
        importing.join()
        left = _train_once(experiment, dataset, record, signals, (reporter, samples), resumption)
        while left is not None:  # with smaller batches a run begins anew
            left = _train_once(left, dataset, record, signals, (reporter, samples), None)
    return _result(record, config.training.epochs, start)


def _check(experiment: Experiment) -> None:
    """Refuse what can be refused before there is a run."""
    check_experiment(experiment)
    with experiment.locating():
        choose_backend(experiment.config.runtime)


def _result(record: RunRecord, epochs: int, start: float) -> TrainingResult:
    stopped_early = record.manifest.epochs_done < epochs
    return TrainingResult(record.run, record.manifest, stopped_early, time.perf_counter() - start)


def _train_once(
    experiment: Experiment, dataset: Dataset, record: RunRecord, signals: SignalWatch, outputs: tuple[Reporter, Any],
    resumption: Resumption | None,
) -> Experiment | None:  # fmt: skip
    """Train; returns what to train instead where memory ran out and smaller batches may help."""
    run = prepare(experiment, dataset, record, resumption)
    for warning in experiment.placed(run.compiled.warnings):
        _LOG.warning("%s", warning.line)
        outputs[0].warning(warning.line)
    try:
        _fit(run, record, signals, outputs)
    except MachineError as error:
        begins = resumption is None or resumption.begins
        smaller = with_smaller_batches(error, experiment, record, outputs[0]) if begins else None
        if smaller is None:
            raise
        return smaller
    return None


def _fit(run: Prepared, record: RunRecord, signals: SignalWatch, outputs: tuple[Reporter, Any]) -> None:
    import keras

    from shapenet.training.adapter import Adapter, to_keras_callback
    from shapenet.training.feed import reading, to_dataset

    config, compiled = run.experiment.config, run.compiled
    reporter, samples = outputs
    best = record.best or BestEpoch(run.monitors.best, run.monitors.rising)
    faults = TensorBoardFaults(record.run.tensorboard_dir, reporter.warning)
    with run.experiment.locating():
        own = [*created_callbacks(config, run.monitors), *early_stopping(config.training, run.monitors)]
    state = TrainingState(compiled.model, own)
    weigh = compiled.weigher(run.balance.weights)
    feed = partial(to_dataset, encode=compiled.encode, inputs=compiled.inputs)
    train = partial(feed, run.train, augmenter=run.augmenter, weigh=weigh)
    listeners: list[Listener] = []
    adapter = Adapter(listeners, run.train, continuation_of(run.resumption, state, train))
    if run.resumption:  # nothing refuses any more
        run.resumption.go_on(record, reporter.warning)
    saved = run.resumption.saved if run.resumption else Saved()
    reporter.started(run.start(record))
    checkpoints = Checkpoints(
        record.run.checkpoints_dir, best, state, adapter.facts, saved.position,
        Schedule(**dict(config.training.checkpoint)), config.training.epochs,
    )  # fmt: skip
    listeners += [
        Unfreezing(config.training, first_epoch=saved.position.epochs_done + 1), best,
        MetricsLog(record.run.metrics), record, _ToReporter(reporter, run.train, best), StopOnDivergence(saved.steps),
        checkpoints, *_tensorboard_extras(run, record.run, samples, faults), signals,
    ]  # fmt: skip
    val = feed(run.val) if run.val else None
    tensorboard = bearing_faults(keras.callbacks.TensorBoard(str(record.run.tensorboard_dir)), faults)
    signals.defer()
    try:
        told = fit_errors(config.training.batch_size, lambda: record.fitting)
        with run.experiment.locating(), told, reading(run.train, run.val), checkpoints:
            compiled.model.fit(
                train(), validation_data=val, initial_epoch=saved.position.epochs_done, epochs=config.training.epochs,
                callbacks=[tensorboard, *own, to_keras_callback(adapter)], verbose=0, shuffle=False,
            )  # fmt: skip
    except RunInterruptedError as error:
        raise _saved(error, record.run, checkpoints.position) from None


class _ToReporter(Listener):
    """Passes on to the reporter what listeners hear."""

    def __init__(self, reporter: Reporter, batches: AnyBatches, best: BestEpoch) -> None:
        self._reporter, self._batches, self._best = reporter, batches, best

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """Tell how many images are done."""
        total = self._batches.num_records
        self._reporter.step(epoch, min(step * self._batches.batch_size, total), total, logs)

    def validation_begin(self, epoch: int) -> None:
        """Pass it on."""
        self._reporter.validating(epoch)

    def epoch_end(self, row: Row) -> None:
        """Pass it on."""
        self._reporter.epoch(row, is_best=self._best.is_newest)


def _tensorboard_extras(run: Prepared, directory: RunDir, samples: Any, faults: TensorBoardFaults) -> list[Listener]:
    if run.resumption:  # they are there
        return []
    flattened = flat(resolved_values(run.experiment.config))
    values = {name: value for name, value in flattened.items() if isinstance(value, Scalar)}
    return [TensorBoardExtras(directory.tensorboard_dir, values, samples, faults)]


def _saved(error: RunInterruptedError, run: RunDir, position: Position) -> RunInterruptedError:
    """The error that says how far the interrupted training came, and how it goes on."""
    at = f"in epoch {position.epoch} after step {position.step:,}" if position.step else f"after {position}"
    _LOG.info("interrupted %s", at)
    message = f"{error.problems[0].message}: stopped {at}; saved in {run.last_dir}"
    hint = None if computes_with_jax() else f"shapenet train --resume {run.root} goes on"
    return RunInterruptedError(error.exit_code - 128, message, hint)
