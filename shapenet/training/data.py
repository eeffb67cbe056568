"""The data that a config names: sources opened, packed and divided."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from shapenet.config.schema import DataConfig, ExperimentConfig
from shapenet.data.augmentation.layers import lacks_value_range
from shapenet.errors import ConfigError
from shapenet.experiment import Experiment
from shapenet.registry import create_parts
from shapenet.tasks.base import BoundTask, DataSpec
from shapenet.training.balance import Balance, class_counts, class_weights, largest_class
from shapenet.training.fields import asked_for, batch_fields, check_fields, known_fields, needed_fields, target_fields
from shapenet.training.inputs import check_augmentable, input_spec
from shapenet.training.reporter import Reporter
from shapenet.training.statistics import StandIns
from shapenet.training.tasks import bind_tasks
from shapenet.training.unmoved import unmoved
from shapenet.words import counted

if TYPE_CHECKING:
    from shapenet.data.batches import Split
    from shapenet.data.dataset import Dataset
    from shapenet.data.division import SplitPlan
    from shapenet.data.records import Records
    from shapenet.data.store import RecordStore, Store
    from shapenet.data.stream.batches import AnyBatches

_LOG = logging.getLogger("shapenet")

_SAMPLED = 32
"""Training images that are looked at for their range of values."""


def open_sources(config: ExperimentConfig) -> dict[str, Records]:
    """The records of ``train``, and of ``val`` and ``test`` where they have sources of their own.

    With ``on_bad: skip``, files that are missing are as files that can't be read. Sources are asked for the
    fields that the tasks need, and need no labels where no task does.

    Raises:
        DataError: A source is at fault.
        ConfigError: Arguments of a source don't fit each other, or a source lacks a field that a task needs;
            the error knows their key.
    """
    data, needed = config.data, needed_fields(config)
    components = {"source": data.source, "val": data.val, "test": data.test}
    given = {key: asked_for(component, needed) for key, component in components.items() if component is not None}
    with missing_as_asked(data), unlabelled_as_needed(needed):
        opened: Mapping[str, Records] = create_parts(given, ("data",))
    for key, records in opened.items():
        check_fields(config, records, given[key], ("data", key))
    return {"train" if key == "source" else key: records for key, records in opened.items()}


def unlabelled_as_needed(fields: Collection[str]) -> AbstractContextManager[None]:
    """Lets sources open that say no class of their records, if none of the `fields` that are needed is the label."""
    from shapenet.data.records import bearing_unlabelled

    return nullcontext() if "label" in fields else bearing_unlabelled(some=True)


def missing_as_asked(config: DataConfig) -> AbstractContextManager[None]:
    """Lets sources open although files are missing, if the config says ``on_bad: skip``."""
    from shapenet.data.records import bearing_missing

    return bearing_missing() if config.on_bad == "skip" else nullcontext()


def bearable_fraction(config: DataConfig) -> float:
    """How large a part of a source may be unreadable, 0 to 1."""
    return config.max_bad_fraction if config.on_bad == "skip" else 0.0


def open_with(reporter: Reporter, config: DataConfig) -> Callable[[Records], RecordStore]:
    """What packs records into the user's cache or finds them packed there, and reports; or streams them."""
    from shapenet.data.stream.store import StreamStore

    return StreamStore if config.stream else packing(reporter, bearable_fraction(config))


def packing(reporter: Reporter, bearable: float) -> Callable[[Records], Store]:
    """What packs records into the user's cache, or finds them packed there.

    Args:
        reporter: Hears of packing.
        bearable: How large a part of them may be unreadable, 0 to 1.
    """
    from shapenet.data.pack import default_cache_dir, open_packed

    def pack(records: Records) -> Store:
        return open_packed(
            records,
            default_cache_dir(),
            lambda done, total: reporter.packing(records.describe, done, total),
            max_bad_fraction=bearable,
        )

    return pack


def load_data(experiment: Experiment, sources: Mapping[str, Records], reporter: Reporter) -> Dataset:
    """Pack what is not packed yet, and divide it.

    Args:
        experiment: The experiment.
        sources: Its sources, opened.
        reporter: Hears of packing and of warnings.

    Raises:
        DataError: The data is missing, damaged or unfit.
        MachineError: The cache can't be written.
        ConfigError: A batch would be larger than the training split.
    """
    from shapenet.data.dataset import assemble

    config = experiment.config
    with experiment.locating():
        tasks = _checked_tasks(config, sources["train"])
        needs_classes = "label" in needed_fields(config)
        dataset = assemble(sources, open_with(reporter, config.data), split_plan(config), needs_classes=needs_classes)
        _check_oversampling(config, dataset.splits["train"])
        _check_batch_size(config, {name: len(split) for name, split in dataset.splits.items()})
    train = dataset.splits["train"]
    balance = Balance(class_counts(train, dataset.classes), largest_class(config, train))
    unequal = balance.warnings() if "label" in target_fields(config) and config.training.class_weight is None else ()
    moved = [problem.line for problem in experiment.placed(unmoved(config.data.augment, tasks.values()))]
    advice = [*unequal, *_unused_column(config, sources["train"]), *_values_cut(config, train), *moved]
    dataset = replace(dataset, warnings=(*dataset.warnings, *advice))
    for warning in dataset.warnings:
        _LOG.warning("%s", warning)
        reporter.warning(warning)
    return dataset


def train_batches(config: ExperimentConfig, train: Split, most: int | None = None) -> AnyBatches:
    """The batches that a model learns from, in the order that the seed gives each epoch; the first `most` of it."""
    from shapenet.data.stream.batches import batches_of

    data = config.data
    return batches_of(
        train, config.training.batch_size, config.seed, oversample=data.oversample, window=data.stream_window,
        fields=batch_fields(config), most=most,
    )  # fmt: skip


def _checked_tasks(config: ExperimentConfig, records: Records) -> dict[str, BoundTask]:
    """The tasks, not knowing the data yet.

    Data that is not for model or tasks is refused here, and so are weights of classes that there are not: packing may
    take hours.
    """
    fields = known_fields(records)
    data = DataSpec(fields, records.classes, StandIns(fields, len(records.classes)))
    input_spec(config, data)
    bound = bind_tasks(config, data)
    class_weights(config, bound)
    check_augmentable(config, bound)
    return bound


def split_plan(config: ExperimentConfig) -> SplitPlan:
    """How a config divides its data."""
    from shapenet.data.division import SplitPlan

    split = config.data.split
    return SplitPlan(
        split.fractions,
        config.data.limit,
        config.seed,
        config.data.allow_overlap,
        stratify=split.stratify,
        group=split.group,
        fold=split.fold_number,
        column=split.column,
        file=split.file,
    )


def _unused_column(config: ExperimentConfig, source: Records) -> list[str]:
    """A warning where the source says which split each record is of, and the config does not say what of that."""
    from shapenet.data.given import names_sides

    column = "split"
    if "split" in config.data.model_fields_set or not names_sides(source.columns.get(column, ("",))):
        return []
    return [
        f"{source.describe} has a column {column!r} that says train, val or test, but records are divided anew: "
        "data.split: {column: split} goes by it, data.split: {val: 0.1, test: 0.1} silences this"
    ]


def _values_cut(config: ExperimentConfig, train: Split) -> list[str]:
    """A warning where augmentations would cut the values of floating-point images to 0 to 1."""
    import numpy as np

    cutting = [component.name for component in config.data.augment if lacks_value_range(component)]
    if not cutting or train.image_dtype != "float32":
        return []
    images = train.image_list(np.arange(min(len(train), _SAMPLED)))
    low, high = min(float(image.min()) for image in images), max(float(image.max()) for image in images)
    if low >= 0 and high <= 1:
        return []
    return [
        f"training images hold values from {low:g} to {high:g}, but {', '.join(cutting)} would take floating point "
        f"for 0 to 1 and cut the rest: give value_range: [{min(low, 0):g}, {high:g}]"
    ]


def _check_oversampling(config: ExperimentConfig, train: Split) -> None:
    if config.data.oversample and train.is_ragged:
        message = "data.oversample: expected images of one size, received sizes that vary"
        hint = "give the source a size, or weigh the classes: training.class_weight: balanced"
        raise ConfigError("config/conflict", message, key=("data", "oversample"), hint=hint)


def _check_batch_size(config: ExperimentConfig, num_examples: Mapping[str, int]) -> None:
    batch_size = config.training.batch_size
    if batch_size > num_examples["train"]:
        raise ConfigError(
            "config/batch-size",
            f"a batch of {batch_size:,} is larger than the train split of {counted(num_examples['train'], 'image')}",
            key=("training", "batch_size"),
            hint=f"expected at most {num_examples['train']:,}",
        )
