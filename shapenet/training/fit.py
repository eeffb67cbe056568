"""Training: from an experiment to a run directory with its best and last checkpoints."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.base import Listener, Row
from shapenet.callbacks.best import BestEpoch
from shapenet.callbacks.checkpoint import Checkpoints
from shapenet.callbacks.divergence import StopOnDivergence
from shapenet.callbacks.metrics_log import MetricsLog
from shapenet.callbacks.signals import SignalWatch
from shapenet.errors import MachineError, RunInterruptedError
from shapenet.experiment import Experiment, resolved_values
from shapenet.models.summary import num_trainable
from shapenet.rundir.manifest import Device, RunManifest
from shapenet.rundir.paths import RunDir
from shapenet.training.balance import Balance, class_counts, class_weights, largest_class
from shapenet.training.build import Compiled, build_augmenter, compile_model
from shapenet.training.callbacks import created_callbacks, early_stopping
from shapenet.training.check import check_experiment
from shapenet.training.data import load_data, open_sources
from shapenet.training.faults import fit_errors
from shapenet.training.fields import batch_fields, data_spec
from shapenet.training.freeze import Unfreezing, build_optimizer
from shapenet.training.init import InitialWeights, initialise, with_found_run
from shapenet.training.memory import with_smaller_batches
from shapenet.training.monitors import Monitors, monitored
from shapenet.training.record import RunRecord, record_augmentation, record_data, recorded_run
from shapenet.training.reporter import Reporter, TrainingStart
from shapenet.training.session import Session, import_keras_meanwhile, start_session
from shapenet.training.statistics import SplitStatistics

if TYPE_CHECKING:
    from shapenet.data.augmentation.augmenter import Augmenter
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


def train(experiment: Experiment, runs_dir: Path, command: Sequence[str], reporter: Reporter) -> TrainingResult:
    """Train an experiment in a new run directory.

    Args:
        experiment: What to train.
        runs_dir: Folder of all runs; ``latest`` in it points at this run from its first step on.
        command: The command line, for the manifest.
        reporter: Hears how it goes.

    Raises:
        ConfigError: The model can't be built, or parts of the config don't fit.
        DataError: The data is missing, damaged or unfit.
        MachineError: The run directory can't be written, or memory does not suffice.
        DivergedError: The loss stopped being a finite number; the best checkpoint stays.
        RunInterruptedError: SIGINT or SIGTERM; the last state was saved if training had begun.
    """
    start = time.perf_counter()
    config = experiment.config
    check_experiment(experiment)
    experiment = with_found_run(experiment, runs_dir)
    with SignalWatch() as signals, recorded_run(experiment, runs_dir, command) as record, closing(reporter):
        reporter.opened(record.run.root)
        with experiment.locating():
            sources = open_sources(config)
        importing = import_keras_meanwhile()
        if config.training.precision == "mixed_float16":  # may be refused, so ask before hours of packing
            importing.join()
            with experiment.locating():
                start_session(config.training, config.seed)
        dataset = load_data(experiment, sources, reporter)
        samples = record_data(record, dataset)
        importing.join()
        left: Experiment | None = experiment
        while left is not None:
            left = _train_once(left, dataset, record, signals, (reporter, samples))
    num_epochs = record.manifest.epochs_done
    stopped_early = num_epochs < config.training.epochs
    return TrainingResult(record.run, record.manifest, stopped_early, time.perf_counter() - start)


def _train_once(
    experiment: Experiment, dataset: Dataset, record: RunRecord, signals: SignalWatch, outputs: tuple[Reporter, Any]
) -> Experiment | None:
    """Train; returns what to train instead where memory ran out and smaller batches may help."""
    run = _prepare(experiment, dataset, record)
    outputs[0].started(run.start(record))
    try:
        _fit(run, record, signals, outputs)
    except MachineError as error:
        smaller = with_smaller_batches(error, experiment, record, outputs[0])
        if smaller is None:
            raise
        return smaller
    return None


@dataclass(frozen=True)
class _Prepared:
    """Everything that ``fit`` needs."""

    experiment: Experiment
    dataset: Dataset
    session: Session
    compiled: Compiled
    augmenter: Augmenter | None
    train: AnyBatches
    val: AnyBatches | None
    monitors: Monitors
    balance: Balance
    initial: InitialWeights | None

    def start(self, record: RunRecord) -> TrainingStart:
        """What the reporter hears when training starts."""
        return TrainingStart(
            run=record.run.root,
            name=self.experiment.config.name,
            num_examples={name: len(split) for name, split in self.dataset.splits.items()},
            image_shape=self.train.split.image_shape,
            classes=self.dataset.classes,
            num_parameters=self.compiled.model.count_params(),
            num_trainable=num_trainable(self.compiled.model),
            device=self.session.device_name,
            precision=self.session.precision,
            epochs=self.experiment.config.training.epochs,
            metrics=self.compiled.metrics,
            monitor=self.monitors.best,
            balance=self.balance,
            initial=self.initial,
            inputs=self.compiled.inputs,
        )


def _prepare(experiment: Experiment, dataset: Dataset, record: RunRecord) -> _Prepared:
    from shapenet.data.limited import limited
    from shapenet.data.stream.batches import batches_of
    from shapenet.training.feed import auto_steps

    config = experiment.config
    batch_size = config.training.batch_size
    data = config.data
    train = dataset.splits["train"]
    fields = batch_fields(config)
    batches = batches_of(
        train, batch_size, config.seed, oversample=data.oversample, window=data.stream_window, fields=fields
    )
    val = batches_of(dataset.splits["val"], batch_size, fields=fields) if "val" in dataset.splits else None
    if limit := config.training.limit_batches:
        batches, val = limited(batches, limit.train), limited(val, limit.val) if val else None
    steps = config.training.steps_per_execution
    statistics = SplitStatistics(train)
    spec = data_spec(train, dataset.classes, statistics)
    with experiment.locating():
        session = start_session(config.training, config.seed)
        steps = auto_steps(batches) if steps == "auto" else steps
        compiled = compile_model(config, spec, steps_per_execution=steps, steps_per_epoch=len(batches))
        initial = initialise(compiled.model, config.init)
        build_optimizer(config.training, compiled.model)
        monitors = monitored(config, compiled, has_val=val is not None)
        augmenter = build_augmenter(config, spec, compiled.bound)
        weights = class_weights(config, compiled.bound)
    device = Device(kind=session.device_kind, name=session.device_name, num=session.num_devices,
                    precision=session.precision, deterministic=session.deterministic)  # fmt: skip
    record.update(device=device, num_parameters=compiled.model.count_params())
    balance = Balance(class_counts(train, dataset.classes), largest_class(config, train), weights)
    record.update(statistics=statistics.asked(), class_weight=weights.get("", weights) or None)
    record.best = BestEpoch(monitors.best, monitors.rising)
    _write_summary(compiled.model, record.run)
    if augmenter:
        record_augmentation(record, dataset, augmenter)
    return _Prepared(experiment, dataset, session, compiled, augmenter, batches, val, monitors, balance, initial)


def _write_summary(model: Any, run: RunDir) -> None:
    from shapenet.rundir.atomic import write_atomic

    lines: list[str] = []
    model.summary(line_length=100, print_fn=lambda text, **_: lines.append(text))
    write_atomic(run.model_text, "\n".join(lines) + "\n")


def _fit(run: _Prepared, record: RunRecord, signals: SignalWatch, outputs: tuple[Reporter, Any]) -> None:
    import keras

    from shapenet.training.adapter import Adapter, to_keras_callback
    from shapenet.training.feed import reading, to_dataset

    config, compiled = run.experiment.config, run.compiled
    best = record.best or BestEpoch(run.monitors.best, run.monitors.rising)
    checkpoints = Checkpoints(record.run.checkpoints_dir, best)
    reporter, samples = outputs
    listeners: list[Listener] = [
        Unfreezing(config.training, first_epoch=1), best, MetricsLog(record.run.metrics), checkpoints, record,
        *_tensorboard_extras(run, record.run, samples), _ToReporter(reporter, run.train, best), StopOnDivergence(),
        signals,
    ]  # fmt: skip
    position = _Position()
    with run.experiment.locating():
        own = created_callbacks(config, run.monitors)
    adapter = Adapter([position, *listeners], run.train)
    tensorboard = keras.callbacks.TensorBoard(str(record.run.tensorboard_dir))
    callbacks = [*own, to_keras_callback(adapter), tensorboard, *early_stopping(config.training, run.monitors)]
    weigh = compiled.weigher(run.balance.weights)
    feed = to_dataset(run.train, compiled.encode, augmenter=run.augmenter, weigh=weigh, inputs=compiled.inputs)
    val = to_dataset(run.val, compiled.encode, inputs=compiled.inputs) if run.val else None
    signals.defer()
    try:
        told = fit_errors(config.training.batch_size, lambda: record.fitting)
        with run.experiment.locating(), told, reading(run.train, run.val):
            compiled.model.fit(
                feed, validation_data=val, epochs=config.training.epochs, callbacks=callbacks, verbose=0, shuffle=False
            )  # fmt: skip
    except RunInterruptedError as error:
        raise _saved(error, record, checkpoints, position) from None


class _Position(Listener):
    """Remembers how far the training is."""

    def __init__(self) -> None:
        self.epoch, self.step = 0, 0
        self.logs: Mapping[str, float] = {}

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """Remember."""
        self.epoch, self.step, self.logs = epoch, step, logs


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


def _tensorboard_extras(run: _Prepared, directory: RunDir, samples: Any) -> list[Listener]:
    from shapenet.callbacks.tensorboard import TensorBoardExtras, flat_values

    values = flat_values(resolved_values(run.experiment.config))
    return [TensorBoardExtras(directory.tensorboard_dir, values, samples)]


def _saved(
    error: RunInterruptedError, record: RunRecord, checkpoints: Checkpoints, position: _Position
) -> RunInterruptedError:
    """Save the state that the interruption left; returns the error that says so."""
    name = f"epoch-{position.epoch:04d}-step-{position.step:06d}"
    if not record.run.last_dir.exists() or position.epoch > record.manifest.epochs_done:
        checkpoints.save(name, {"epoch": position.epoch, "step": position.step, **position.logs})
    _LOG.info("interrupted in epoch %d after step %d", position.epoch, position.step)
    message = (
        f"{error.problems[0].message}: stopped in epoch {position.epoch} after step {position.step:,}; "
        f"saved in {record.run.last_dir}"
    )
    return RunInterruptedError(error.exit_code - 128, message)
