"""The data that a config names: sources opened, packed and divided."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from shapenet.config.schema import DataConfig, ExperimentConfig
from shapenet.errors import ConfigError
from shapenet.experiment import Experiment
from shapenet.training.reporter import Reporter
from shapenet.words import counted

if TYPE_CHECKING:
    from shapenet.data.dataset import Dataset
    from shapenet.data.records import Records
    from shapenet.data.store import Store

_LOG = logging.getLogger("shapenet")


def open_sources(config: DataConfig) -> dict[str, Records]:
    """The records of ``train``, and of ``val`` and ``test`` where they have sources of their own.

    Raises:
        DataError: A source is at fault.
    """
    components = {"train": config.source, "val": config.val, "test": config.test}
    return {name: component.create() for name, component in components.items() if component is not None}


def pack_with(reporter: Reporter, config: DataConfig) -> Callable[[Records], Store]:
    """What packs records into the user's cache, or finds them packed there, and reports."""
    from shapenet.data.pack import default_cache_dir, open_packed

    def pack(records: Records) -> Store:
        return open_packed(
            records,
            default_cache_dir(),
            lambda done, total: reporter.packing(records.describe, done, total),
            max_bad_fraction=config.max_bad_fraction if config.on_bad == "skip" else 0.0,
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
    from shapenet.data.dataset import SplitPlan, assemble

    config = experiment.config
    fractions = {"val": config.data.split.val, "test": config.data.split.test}
    plan = SplitPlan(fractions, config.data.limit, config.seed, config.data.allow_overlap)
    with experiment.locating():
        dataset = assemble(sources, pack_with(reporter, config.data), plan)
        _check_batch_size(config, {name: len(split) for name, split in dataset.splits.items()})
    for warning in dataset.warnings:
        _LOG.warning("%s", warning)
        reporter.warning(warning)
    return dataset


def _check_batch_size(config: ExperimentConfig, num_examples: Mapping[str, int]) -> None:
    batch_size = config.training.batch_size
    if batch_size > num_examples["train"]:
        raise ConfigError(
            "config/batch-size",
            f"a batch of {batch_size:,} is larger than the train split of {counted(num_examples['train'], 'image')}",
            key=("training", "batch_size"),
            hint=f"expected at most {num_examples['train']:,}",
        )
