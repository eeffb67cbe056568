"""What a run's model is evaluated on: a split of its data, or other data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from shapenet.data.guess import source_for
from shapenet.errors import Place, RunError, did_you_mean
from shapenet.experiment import Experiment, run_at_fault
from shapenet.registry import REGISTRIES, Component
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir, safe_name
from shapenet.rundir.reading import MAX_TEXT_BYTES, check_regular, read_regular
from shapenet.training.data import load_data, missing_as_asked, open_sources, open_with, unlabelled_as_needed
from shapenet.training.fields import asked_for, check_fields, needed_fields
from shapenet.training.reporter import Reporter
from shapenet.vocabulary import load_vocabulary

if TYPE_CHECKING:
    from shapenet.data.batches import Split

_IMAGE_OPTIONS = ("resize", "interpolation", "dtype")
"""How sources of files bring images to their size and type."""


_FURTHER = ("images", "masks", "numbers")
"""Arguments of sources that name further fields."""


@dataclass(frozen=True)
class Subject:
    """The examples that a model is judged by.

    Attributes:
        name: The split's name, or the path of the other data.
        folder: Name of the folder that takes the outputs.
        split: The examples.
        names: What each of them is called.
        classes: Class names in label order.
        warnings: What is worth knowing about them.
    """

    name: str
    folder: str
    split: Split
    names: tuple[str, ...]
    classes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def num_left_out(self) -> int:
        """How many records of the source can't be read: they are part of no split."""
        return len(self.split.store.meta.bad)


def split_of_run(run: RunDir, experiment: Experiment, name: str, reporter: Reporter) -> Subject:
    """A split of the data that the run was trained with.

    Raises:
        RunError: The data is not what it was, or has no such split.
    """
    with run_at_fault(), experiment.locating():
        sources = open_sources(experiment.config)
    dataset = load_data(_with_own_split_file(experiment, run), sources, reporter)
    expected = read_manifest(run.run_json).data_fingerprint
    if expected != dataset.fingerprint:
        raise RunError(
            "run/data-changed",
            "the data is not what the run was trained with: its test split may hold training images now",
            place=Place(str(run.root)),
            hint="put the data back as it was; or evaluate on other images: --data PATH",
        )
    if name not in dataset.splits:
        hint = did_you_mean(name, dataset.splits) or "give data.split a fraction for it"
        raise RunError("run/no-split", f"the run has no split {name!r}", place=Place(str(run.root)), hint=hint)
    names = tuple(dataset.names(name))
    return Subject(name, safe_name(name), dataset.splits[name], names, dataset.classes, dataset.warnings)


def _with_own_split_file(experiment: Experiment, run: RunDir) -> Experiment:
    """The experiment with the run's record of the split in place of the file that it was read from."""
    data = experiment.config.data
    if data.split.file is None:
        return experiment
    check_regular(run.split_csv, run.root, MAX_TEXT_BYTES)
    split = data.split.model_copy(update={"file": run.split_csv})
    config = experiment.config.model_copy(update={"data": data.model_copy(update={"split": split})})
    return replace(experiment, config=config)


def data_for_run(run: RunDir, experiment: Experiment, path: Path, reporter: Reporter) -> Subject:
    """Other data for a run's model: a file or folder, read by the source that its name tells.

    Where that is the source of the run's own data, it gets the same arguments; of others
    only how images come to their size. Where the source can, it stretches images to the
    model's size and gives them the model's channels. What can't be read is left out or
    stops the evaluation, as it would in training.

    Args:
        run: The run.
        experiment: Its experiment.
        path: A CSV, a list, a folder, an npz or TFRecord shards; see `shapenet.data.guess.source_for`.
        reporter: Hears of packing and of warnings.

    Raises:
        DataError: No source reads it, it is at fault, or it has images or labels that the run does not know.
        ConfigError: The source needs to be told more, which only a config can.
        RunError: The run directory is damaged.
    """
    from shapenet.data.dataset import Expected, adopt, check_fits, reading_warnings
    from shapenet.fields import Field

    manifest = read_manifest(run.run_json)
    classes = read_classes(run)
    if manifest.image is None:
        raise RunError("run/damaged", "run.json does not say what the images are", place=Place(str(run.run_json)))
    shape = tuple(manifest.image.shape)
    data = experiment.config.data
    needed = needed_fields(experiment.config)
    component = asked_for(_like_training(source_for(path), data.source, shape, needed), needed)
    with missing_as_asked(data), unlabelled_as_needed(needed):
        records = component.create()
    check_fields(experiment.config, records, component, ())
    like = Expected(classes, Field(manifest.image.dtype, shape), "the run's training data", "label" in needed)
    check_fits(records, like)
    split = adopt(records, open_with(reporter, data)(records), like)
    names = tuple(records.name_of(int(index)) for index in split.indices)
    warnings = (*records.warnings, *reading_warnings([split.store]))
    for warning in warnings:
        reporter.warning(warning)
    return Subject(str(path), folder_of(path), split, names, classes, warnings)


def _like_training(
    component: Component, trained: Component, shape: tuple[int | None, ...], needed: Collection[str]
) -> Component:
    """A source that gives images and needed fields as the training's `trained` did, so far as it can."""
    load_vocabulary()
    while inner := trained.arguments.get("source") or next(iter(trained.arguments.get("sources", ())), None):
        trained = inner
    height, width, channels = shape
    same = component.name == trained.name
    own = {
        name: value
        for name, value in trained.arguments.items()
        if name in _IMAGE_OPTIONS
        # Paths lead to the training's own files, and further fields are not looked at.
        or (same and name not in _FURTHER and not isinstance(value, Path))
    }
    further = {name: trained.arguments.get(name) for name in _FURTHER if same}
    own |= {
        name: tuple(field for field in fields if field in needed)
        for name, fields in further.items()
        if isinstance(fields, tuple)
    }
    size = trained.arguments.get("size", "any") if height is None or width is None else (height, width)
    wanted = {**own, "size": size, "color": "gray" if channels == 1 else "rgb"}
    known = REGISTRIES["source"].get(component.name).parameters
    arguments = {name: value for name, value in wanted.items() if name in known}
    return replace(component, arguments=MappingProxyType({**arguments, **component.arguments}))


def folder_of(path: Path) -> str:
    """Name of the folder for the outputs on other data: no other data has it.

    It is made of the name of the file or folder and its folder's, and of a digest of its whole path, which
    stands in front since long names are cut.
    """
    whole = path.resolve()
    digest = hashlib.sha256(bytes(whole)).hexdigest()[:6]
    return safe_name(f"data-{digest}-{whole.parent.name}-{whole.stem}")


def read_classes(run: RunDir) -> tuple[str, ...]:
    """Class names of a run in label order.

    Raises:
        RunError: The file is missing or damaged.
    """
    place = Place(str(run.classes_json))
    try:
        classes = json.loads(read_regular(run.classes_json, run.root))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError("run/damaged", f"expected the run's class names, received: {error}", place=place) from error
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise RunError("run/damaged", "expected a list of class names", place=place)
    return tuple(classes)
