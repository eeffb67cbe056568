"""The data that a path or a config names, opened and packed to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from shapenet.errors import DataError
from shapenet.experiment import Experiment
from shapenet.registry import REGISTRIES, create_parts
from shapenet.training.data import bearable_fraction, open_sources, packing, split_plan, unlabelled_as_needed
from shapenet.training.fields import asked_for, data_spec, needed_fields
from shapenet.training.reporter import Reporter
from shapenet.vocabulary import load_vocabulary

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from shapenet.data.batches import Split
    from shapenet.data.inspect.samples import Samples
    from shapenet.data.inspect.subject import Subject
    from shapenet.data.records import Records

T = TypeVar("T")

_BATCH = 32
_VARYING = ("data/image-size", "data/concat-fields")
"""Codes of problems that images of several sizes cause."""
_ALL_BUT_ONE = 1 - 1e-9
"""As a fraction that may be unreadable: any number of records, but not all."""


def records_at(path: Path, *, any_size: bool = False) -> Records:
    """The records of a file or folder, read by the source that its name tells; they need no labels.

    Args:
        path: The file or folder.
        any_size: Let sizes of images vary, if the source can.

    Raises:
        DataError: No source reads it, or it is at fault.
        ConfigError: The source needs to be told more, which only a config can.
    """
    from shapenet.data.guess import source_for
    from shapenet.data.records import bearing_unlabelled

    load_vocabulary()
    component = source_for(path)
    if any_size and "size" in REGISTRIES["source"].get(component.name).parameters:
        component = component.having(size="any")
    with bearing_unlabelled(some=False):
        records: Records = component.create()
    return records


def records_of(experiment: Experiment) -> Records:
    """The records of a config's ``data.source``, with the fields that its tasks need.

    Raises:
        DataError: It is at fault.
        ConfigError: Its arguments don't fit each other.
    """
    source, needed = experiment.config.data.source, needed_fields(experiment.config)
    with experiment.locating(), unlabelled_as_needed(needed):
        records: Records = create_parts(asked_for(source, needed), ("data", "source"))
    return records


def using_records_at(paths: Sequence[Path], use: Callable[[Records], T]) -> T:
    """What `use` makes of the records of files and folders, one after another.

    Where it refuses them since sizes of images vary, it gets them once more, with images of any size.

    Args:
        paths: At least one.
        use: Reads the records.

    Raises:
        ShapenetError: As `records_at`, and whatever `use` raises.
    """
    try:
        return use(_joined_at(paths, any_size=False))
    except DataError as error:
        if not any(problem.code in _VARYING for problem in error.problems):
            raise
    return use(_joined_at(paths, any_size=True))


def _joined_at(paths: Sequence[Path], *, any_size: bool) -> Records:
    from shapenet.data.combine.joined import JoinedRecords

    sources = [records_at(path, any_size=any_size) for path in paths]
    return sources[0] if len(sources) == 1 else JoinedRecords(sources)


def subject_at(path: Path, reporter: Reporter, *, tolerant: bool) -> Subject:
    """A file or folder as one undivided data set.

    It is packed as training would pack it; where that is refused, with images of any size.

    Args:
        path: The file or folder.
        reporter: Hears of packing.
        tolerant: Leave out records that can't be read, instead of raising; some must be left.

    Raises:
        DataError: It can't be read.
    """
    from shapenet.data.inspect.subject import whole
    from shapenet.data.records import bearing_missing

    with bearing_missing() if tolerant else nullcontext():
        records = records_at(path)
        try:
            return whole(records, packing(reporter, 0.0)(records))
        except DataError:
            records = records_at(path, any_size=True)
            return whole(records, packing(reporter, _ALL_BUT_ONE if tolerant else 0.0)(records))


def subject_of(experiment: Experiment, reporter: Reporter, *, tolerant: bool) -> Subject:
    """The data of a config, limited and divided as training would, but packed even where that streams it.

    Images that splits share stop nothing: whoever looks at data wants to see them.

    Args:
        experiment: The experiment.
        reporter: Hears of packing.
        tolerant: Leave out records that can't be read, and where the data can't be divided
            as asked, note why and give ``data.source`` whole, instead of raising.

    Raises:
        DataError: The data can't be read or divided.
    """
    from shapenet.data.dataset import assemble
    from shapenet.data.inspect.subject import divided, whole
    from shapenet.data.records import bearing_missing

    config = experiment.config
    pack = packing(reporter, _ALL_BUT_ONE if tolerant else bearable_fraction(config.data))
    with experiment.locating():
        with bearing_missing() if tolerant else nullcontext():
            sources = open_sources(config)
        try:
            plan = replace(split_plan(config), allow_overlap=True)
            dataset = assemble(sources, pack, plan, needs_classes="label" in needed_fields(config))
            return divided(dataset, experiment.path.name)
        except DataError as error:
            if not tolerant:
                raise
            return whole(sources["train"], pack(sources["train"]), error.problems)


def augmented(
    experiment: Experiment, split: Split, positions: npt.NDArray[np.int64], classes: tuple[str, ...]
) -> Samples | None:
    """What the config's augmentations make of some records in a first step of training.

    Args:
        experiment: The experiment.
        split: Its train split.
        positions: Which of its records, int64 ``(n,)``.
        classes: Class names in label order.

    Returns:
        None where nothing augments.

    Raises:
        ConfigError: Keras refuses an argument, or the images.
    """
    config = experiment.config
    if not config.data.augment:
        return None
    from shapenet.data.augmentation.samples import augmented_samples
    from shapenet.data.inspect.samples import Samples
    from shapenet.training.backend import choose_backend
    from shapenet.training.build import build_augmenter
    from shapenet.training.session import start_session
    from shapenet.training.statistics import SplitStatistics
    from shapenet.training.tasks import bind_tasks

    images: list[npt.NDArray[np.uint8]] = []
    captions: list[str] = []
    with experiment.locating():
        choose_backend(config.runtime)
        start_session(config.training, config.seed)
        statistics = SplitStatistics({"train": split}, lambda _: map("record {:,}".format, count()))
        fields = data_spec(split, classes, statistics)
        augmenter = build_augmenter(config, fields, bind_tasks(config, fields))
        if augmenter is None:
            return None
        for start in range(0, len(positions), _BATCH):
            group = positions[start : start + _BATCH]
            shown, names = augmented_samples(augmenter, split, group, classes, versions=1)
            images.extend(shown[1::2])
            captions.extend(names[1::2])
    return Samples(tuple(images), tuple(captions))
