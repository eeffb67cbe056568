"""Everything that ``fit`` needs: session, model, batches, monitors."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.best import BestEpoch
from shapenet.config.schema import ExperimentConfig
from shapenet.experiment import Experiment
from shapenet.layers.backbone import without_weight_files
from shapenet.models.summary import num_trainable
from shapenet.optim.steps import Pace
from shapenet.rundir.manifest import Device
from shapenet.tasks.base import DataSpec
from shapenet.training.backend import computes_with_jax
from shapenet.training.balance import Balance, check_weighable, class_counts, class_weights, largest_class
from shapenet.training.build import Compiled, build_augmenter, compile_model
from shapenet.training.data import train_batches
from shapenet.training.fields import batch_fields, data_spec
from shapenet.training.freeze import build_optimizer
from shapenet.training.init import InitialWeights, initialise
from shapenet.training.monitors import Monitors, monitored
from shapenet.training.optimizer import check_updates
from shapenet.training.record import RunRecord, record_augmentation
from shapenet.training.reporter import TrainingStart
from shapenet.training.resume import Resumption
from shapenet.training.session import Session, start_session
from shapenet.training.statistics import SplitStatistics

if TYPE_CHECKING:
    from shapenet.data.augmentation.augmenter import Augmenter
    from shapenet.data.dataset import Dataset
    from shapenet.data.stream.batches import AnyBatches


@dataclass(frozen=True)
class Prepared:
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
    resumption: Resumption | None

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
            epochs_done=self.resumption.saved.position.epochs_done if self.resumption else 0,
            inputs=self.compiled.inputs,
        )


def prepare(experiment: Experiment, dataset: Dataset, record: RunRecord, resumption: Resumption | None) -> Prepared:
    """Build and compile the model, and ready all that goes with it; the manifest learns of it.

    Args:
        experiment: What to train.
        dataset: Its data.
        record: The run.
        resumption: Where the run goes on; None for a new one.

    Raises:
        ConfigError: The model can't be built, or parts of the config don't fit.
        RunError: The run to go on in was begun on another kind of device.
        MachineError: The memory does not suffice.
    """
    config = experiment.config
    train = dataset.splits["train"]
    batches, val = _batches(config, dataset)
    statistics = SplitStatistics(dataset.splits, dataset.names)
    spec = data_spec(train, dataset.classes, statistics)
    begins = resumption is None or resumption.begins
    weight_files = nullcontext() if begins else without_weight_files()  # the checkpoint's weights replace them
    with experiment.locating(), weight_files:
        session = start_session(config.training, config.seed)
        compiled = _compiled(config, spec, batches)
        initial = initialise(compiled.model, config.init) if begins else None
        build_optimizer(config.training, compiled.model)
        monitors = monitored(config, compiled, has_val=val is not None)
        augmenter = build_augmenter(config, spec, compiled.bound)
        weights = class_weights(config, compiled.bound)
        check_weighable(weights, {name: task.loss for name, task in compiled.tasks.items()})
    device = Device(kind=session.device_kind, name=session.device_name, num=session.num_devices,
                    precision=session.precision, deterministic=session.deterministic)  # fmt: skip
    if computes_with_jax():
        record.update(versions={**record.manifest.versions, "jax": metadata.version("jax")})
    if resumption:
        resumption.check_device(record.manifest, device)
    record.update(device=device, num_parameters=compiled.model.count_params())
    balance = Balance(class_counts(train, dataset.classes), largest_class(config, train), weights)
    record.update(statistics=statistics.asked(), class_weight=weights.get("", weights) or None)
    record.best = BestEpoch(monitors.best, monitors.rising, resumption.best_row(monitors.best) if resumption else None)
    record.write(record.run.model_text, _summary(compiled.model))
    if augmenter:
        record_augmentation(record, dataset, augmenter)
    return Prepared(
        experiment, dataset, session, compiled, augmenter, batches, val, monitors, balance, initial, resumption
    )


def _compiled(config: ExperimentConfig, spec: DataSpec, batches: AnyBatches) -> Compiled:
    """The compiled model for the batches of the training."""
    from shapenet.training.feed import auto_steps

    check_updates(config.optimizer, Pace(len(batches), config.training.epochs))
    steps = config.training.steps_per_execution
    steps = auto_steps(batches) if steps == "auto" else steps
    return compile_model(config, spec, steps_per_execution=steps, steps_per_epoch=len(batches))


def _batches(config: ExperimentConfig, dataset: Dataset) -> tuple[AnyBatches, AnyBatches | None]:
    """The batches of the training, and of the validation."""
    from shapenet.data.stream.batches import batches_of

    limit, splits = config.training.limit_batches, dataset.splits
    train = train_batches(config, splits["train"], limit.train if limit else None)
    if "val" not in splits:
        return train, None
    most = limit.val if limit else None
    return train, batches_of(splits["val"], config.training.batch_size, fields=batch_fields(config), most=most)


def _summary(model: Any) -> str:
    lines: list[str] = []
    model.summary(line_length=100, print_fn=lambda text, **_: lines.append(text))
    return "\n".join(lines) + "\n"
