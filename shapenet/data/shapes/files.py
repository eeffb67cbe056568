"""Shapes as PNG files and CSVs: a folder that any worker count fills with the same bytes."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shapenet.data.png import encode_png
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import RENDER_VERSION, render_into
from shapenet.data.workers import blocks_of, run_blocks
from shapenet.errors import ConfigError, Place
from shapenet.rundir.atomic import TEMPORARY_PREFIX, machine_errors, new_folder

MARKER = "shapes.json"
"""File that tells a generated folder: the parameters that it was made from."""

HEADER = ("name", "path", "label")
"""Columns of every CSV."""

_BLOCK_SIZE = 128


@dataclass(frozen=True)
class GeneratedFolder:
    """What was written.

    Attributes:
        path: The folder.
        infos: One CSV per shape.
        dataset: The CSV of all images: the only ``info.csv``, or ``dataset.csv``.
        num_images: Number of images.
    """

    path: Path
    infos: tuple[Path, ...]
    dataset: Path
    num_images: int


def generate_folder(
    parameters: ShapesParameters,
    out: Path,
    *,
    num_workers: int | None = None,
    replace: bool = False,
    progress: Callable[[int], None] | None = None,
) -> GeneratedFolder:
    """Write all images as PNG files, with CSVs that list them; all of it or nothing.

    One shape gives ``info.csv`` and ``images/``; several give such a folder each, named
    after the shape, and a ``dataset.csv``. Paths in a CSV are relative to its folder.

    Args:
        parameters: What to draw.
        out: The new folder.
        num_workers: Number of processes; 1 uses this one alone. By default as many as
            there are cores, and this one alone for few images.
        replace: Whether to replace a folder that this function wrote before.
        progress: Called now and then with the number of images written since the last call.

    Raises:
        ConfigError: `out` is there and may not be replaced.
        MachineError: The disk is full, the folder is read-only, a worker was killed, and the like.
    """
    check_out(out, replace=replace)
    with _new_or_replaced(out, replace=replace) as folder, machine_errors(out):
        for shape in range(len(parameters.classes)):
            (folder / _shape_folder(parameters, shape) / "images").mkdir(parents=True)
        blocks = blocks_of(parameters.num_images, _BLOCK_SIZE)
        with closing(run_blocks(_write_images, (parameters, folder), blocks, num_workers)) as done:
            for (start, stop), _ in done:
                if progress:
                    progress(stop - start)
        _write_lists(parameters, folder)
    infos = tuple(out / _shape_folder(parameters, shape) / "info.csv" for shape in range(len(parameters.classes)))
    dataset = infos[0] if len(infos) == 1 else out / "dataset.csv"
    return GeneratedFolder(out, infos, dataset, parameters.num_images)


def check_out(out: Path, *, replace: bool) -> None:
    """Check that `out` is new, empty, or may be replaced.

    Raises:
        ConfigError: It is none of them.
    """
    place = Place(str(out))
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_dir() or out.is_symlink():
        raise ConfigError("config/out", "expected a new folder, received a file or a link", place=place)
    if (out / MARKER).is_file():
        if not replace:
            hint = "choose another folder, or replace this one with --force"
            raise ConfigError("config/out", "the folder holds generated shapes already", place=place, hint=hint)
    elif any(out.iterdir()):
        hint = "choose another folder; only a folder of generated shapes can be replaced"
        raise ConfigError(
            "config/out", "the folder is not empty, and shapenet did not generate it", place=place, hint=hint
        )


@contextmanager
def _new_or_replaced(out: Path, *, replace: bool) -> Iterator[Path]:
    """Like `new_folder`, but an old folder gives way at the last moment, if it may."""
    old: Path | None = None
    with new_folder(out) as folder:
        yield folder
        check_out(out, replace=replace)
        if out.exists():
            with machine_errors(out):
                old = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=out.parent))
                out.rename(old / out.name)
    if old:
        shutil.rmtree(old, ignore_errors=True)


def _shape_folder(parameters: ShapesParameters, shape: int) -> str:
    return parameters.classes[shape] if len(parameters.classes) > 1 else "."


def _image_name(parameters: ShapesParameters, index: int) -> str:
    label, number = index % len(parameters.classes), index // len(parameters.classes)
    return f"{parameters.classes[label]}-{number:06d}"


def _write_images(parameters: ShapesParameters, folder: Path, start: int, stop: int) -> None:
    """Draw and write the images from `start` up to `stop`."""
    image = np.empty((parameters.size, parameters.size, 3), np.uint8)
    for index in range(start, stop):
        drawing = render_into(image, parameters, index)
        name = f"{_image_name(parameters, index)}.png"
        (folder / _shape_folder(parameters, drawing.label) / "images" / name).write_bytes(encode_png(image))


def _write_lists(parameters: ShapesParameters, folder: Path) -> None:
    num_classes = len(parameters.classes)
    everything = []
    for label, shape in enumerate(parameters.classes):
        names = [_image_name(parameters, index) for index in range(label, parameters.num_images, num_classes)]
        shape_folder = _shape_folder(parameters, label)
        _write_csv(folder / shape_folder / "info.csv", [(name, f"images/{name}.png", shape) for name in names])
        everything += [(name, f"{shape_folder}/images/{name}.png", shape) for name in names]
    if num_classes > 1:
        _write_csv(folder / "dataset.csv", everything)
    content = {"generator": "shapenet", "render_version": RENDER_VERSION, "parameters": parameters.as_dict()}
    (folder / MARKER).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _write_csv(path: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
