"""What a run's model is evaluated on: a split of its data, or another CSV."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shapenet.errors import Place, RunError, did_you_mean
from shapenet.experiment import Experiment
from shapenet.registry import Component
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir, safe_name
from shapenet.training.data import load_data, missing_as_asked, open_sources, open_with
from shapenet.training.reporter import Reporter

if TYPE_CHECKING:
    from shapenet.data.batches import Split


_DECODING = ("size", "resize", "interpolation", "color", "dtype")
"""Arguments that sources of image files share."""


@dataclass(frozen=True)
class Subject:
    """The examples that a model is judged by.

    Attributes:
        name: The split's name, or the CSV's path.
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


def split_of_run(run: RunDir, experiment: Experiment, name: str, reporter: Reporter) -> Subject:
    """A split of the data that the run was trained with.

    Raises:
        RunError: The data is not what it was, or has no such split.
    """
    with experiment.locating():
        sources = open_sources(experiment.config.data)
    dataset = load_data(_with_own_split_file(experiment, run), sources, reporter)
    expected = read_manifest(run.run_json).data_fingerprint
    if expected != dataset.fingerprint:
        raise RunError(
            "run/data-changed",
            "the data is not what the run was trained with: its test split may hold training images now",
            place=Place(str(run.root)),
            hint="put the data back as it was; or evaluate on other images: --data other.csv",
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
    split = data.split.model_copy(update={"file": run.split_csv})
    config = experiment.config.model_copy(update={"data": data.model_copy(update={"split": split})})
    return replace(experiment, config=config)


def csv_for_run(run: RunDir, experiment: Experiment, path: Path, reporter: Reporter) -> Subject:
    """A CSV of images and labels, read as the run's own data was, at the model's size.

    Raises:
        DataError: The CSV is at fault, or has labels that the run does not know.
        RunError: The run directory is damaged.
    """
    from shapenet.data.dataset import Expected, adopt, reading_warnings
    from shapenet.data.records import Field

    image = read_manifest(run.run_json).image
    classes = read_classes(run)
    if image is None:
        raise RunError("run/damaged", "run.json does not say what the images are", place=Place(str(run.run_json)))
    height, width, channels = image.shape
    data = experiment.config.data
    own = _reading(data.source)
    size = own.get("size", "any") if height is None or width is None else (height, width)
    given = {"path": path.absolute(), "size": size, "color": "gray" if channels == 1 else "rgb"}
    with missing_as_asked(data):
        records = Component("source", "csv", MappingProxyType({**own, **given})).create()
    like = Expected(classes, Field(image.dtype, tuple(image.shape)), "the run's training data")
    split = adopt(records, open_with(reporter, data)(records), like)
    names = tuple(records.name_of(int(index)) for index in split.indices)
    warnings = (*records.warnings, *reading_warnings([split.store]))
    return Subject(str(path), folder_of(path), split, names, classes, warnings)


def _reading(source: Component) -> dict[str, Any]:
    """The arguments of a csv source that reads images as `source` does, but for the path."""
    while inner := source.arguments.get("source") or next(iter(source.arguments.get("sources", ())), None):
        source = inner
    names = source.arguments.keys() - {"images", "masks", "numbers"} if source.name == "csv" else _DECODING
    return {name: source.arguments[name] for name in names if name in source.arguments}


def folder_of(path: Path) -> str:
    """Name of the folder for the outputs on a CSV: no other CSV has it.

    It is made of the CSV's name and its folder's, and of a digest of its whole path, which
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
        classes = json.loads(run.classes_json.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError("run/damaged", f"expected the run's class names, received: {error}", place=place) from error
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise RunError("run/damaged", "expected a list of class names", place=place)
    return tuple(classes)
