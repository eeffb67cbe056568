"""The data that a path or a config names, opened and packed to be looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shapenet.config.schema import ExperimentConfig
from shapenet.errors import DataError
from shapenet.experiment import Experiment
from shapenet.training.data import assemble_data, open_sources, pack_with
from shapenet.training.reporter import Reporter
from shapenet.vocabulary import load_vocabulary

if TYPE_CHECKING:
    from shapenet.data.inspect.subject import Subject
    from shapenet.data.records import Records
    from shapenet.errors import Problem


def records_at(path: Path) -> Records:
    """The records of a file or folder, read by the source that its name tells.

    Raises:
        DataError: No source reads it, or it is at fault.
        ConfigError: The source needs to be told more, which only a config can.
    """
    from shapenet.data.guess import source_for

    load_vocabulary()
    records: Records = source_for(path).create()
    return records


def subject_at(path: Path, reporter: Reporter, *, tolerant: bool) -> Subject:
    """A file or folder as one undivided data set.

    Args:
        path: The file or folder.
        reporter: Hears of packing.
        tolerant: Leave out records that can't be read, and note them, instead of raising.

    Raises:
        DataError: It can't be read.
    """
    from shapenet.data.inspect.subject import pack_readable, whole

    records, pack = records_at(path), pack_with(reporter)
    faults: dict[int, Problem] = {}
    if tolerant:
        records, faults = pack_readable(records, pack)
    return whole(records, pack(records), faults)


def subject_of(experiment: Experiment, reporter: Reporter, *, tolerant: bool) -> Subject:
    """The data of a config, limited and divided as training would.

    Args:
        experiment: The experiment.
        reporter: Hears of packing.
        tolerant: Leave out records that can't be read and note them, and where the data can't be
            divided as asked, note that and give the sources whole, instead of raising.

    Raises:
        DataError: The data can't be read or divided.
    """
    from shapenet.data.inspect.subject import divided, pack_readable, whole

    faults: list[Problem] = []
    problems: tuple[Problem, ...] = ()
    with experiment.locating():
        sources = open_sources(experiment.config.data)
        num_records = sum(map(len, sources.values()))
        if tolerant:
            for name, records in sources.items():
                sources[name], found = pack_readable(records, pack_with(reporter))
                faults.extend(found.values())
        try:
            dataset = assemble_data(_bearing_overlap(experiment.config), sources, reporter)
        except DataError as error:
            if not tolerant:
                raise
            problems = error.problems
    if problems:
        train = sources["train"]
        return replace(whole(train, pack_with(reporter)(train)), faults=tuple(faults), problems=problems)
    return divided(dataset, experiment.path.name, num_records, tuple(faults))


def _bearing_overlap(config: ExperimentConfig) -> ExperimentConfig:
    """The config, but without stopping at images that two splits share: whoever looks at data wants to see them."""
    return config.model_copy(update={"data": config.data.model_copy(update={"allow_overlap": True})})
