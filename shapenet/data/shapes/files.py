"""Shapes as PNG files and CSVs: a folder that any worker count fills with the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shapenet.data.outfolder import new_or_replaced
from shapenet.data.png import encode_png
from shapenet.data.shapes.lists import Layout, facts_json, write_lists
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import RENDER_VERSION, render_block, render_clean_into
from shapenet.data.shapes.truth import draw_mask
from shapenet.data.workers import blocks_of, run_blocks
from shapenet.rundir.atomic import machine_errors

MARKER = "shapes.json"
"""File that tells a generated folder: the parameters that it was made from."""

_BLOCK_SIZE = 128
_TOGETHER_BYTES = 2 << 20


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
    masks: bool = False,
    clean: bool = False,
    num_workers: int | None = None,
    replace: bool = False,
    progress: Callable[[int], None] | None = None,
) -> GeneratedFolder:
    """Write all images as PNG files, with CSVs that list them; all of it or nothing.

    One shape gives ``info.csv`` and ``images/``; several give such a folder each, named
    after the shape, and a ``dataset.csv``. Beside each CSV lies a ``manifest.jsonl`` with all
    facts of each image. Paths in a list are relative to its folder.

    Args:
        parameters: What to draw.
        out: The new folder.
        masks: Whether to write ``masks/`` too, gray images as `truth.draw_mask` draws them, and
            a column ``mask``.
        clean: Whether to write ``clean/`` too, images as `render.render_clean_into` draws them,
            and a column ``clean``.
        num_workers: Number of processes; 1 uses this one alone. By default as many as
            there are cores, and this one alone for few images.
        replace: Whether to replace a folder that this function wrote before.
        progress: Called now and then with the number of images written since the last call.

    Raises:
        ConfigError: `out` is there and may not be replaced.
        MachineError: The disk is full, the folder is read-only, a worker was killed, and the like.
    """
    layout = Layout(parameters, (*("mask",) * masks, *("clean",) * clean))
    shape_folders = [layout.shape_folder(label) for label in range(len(parameters.classes))]
    with new_or_replaced(out, MARKER, replace=replace) as folder, machine_errors(out):
        for shape_folder in shape_folders:
            for pictures in layout.picture_folders:
                (folder / shape_folder / pictures).mkdir(parents=True)
        write_lists(layout, folder, _draw_all(layout, folder, num_workers, progress))
        _write_marker(parameters, folder)
    infos = tuple(out / shape_folder / "info.csv" for shape_folder in shape_folders)
    dataset = infos[0] if len(infos) == 1 else out / "dataset.csv"
    return GeneratedFolder(out, infos, dataset, parameters.num_images)


def _draw_all(
    layout: Layout, folder: Path, num_workers: int | None, progress: Callable[[int], None] | None
) -> list[str]:
    """Write every picture; the facts of each image in order."""
    facts = [""] * layout.parameters.num_images
    blocks = blocks_of(len(facts), _BLOCK_SIZE)
    with closing(run_blocks(_write_pictures, (layout, folder), blocks, num_workers)) as done:
        for (start, stop), found in done:
            facts[start:stop] = found
            if progress:
                progress(stop - start)
    return facts


def _write_pictures(layout: Layout, folder: Path, start: int, stop: int) -> list[str]:
    """Draw and write the pictures of the images from `start` up to `stop`; returns their facts as JSON."""
    parameters = layout.parameters
    size = parameters.size
    together = max(1, _TOGETHER_BYTES // (size * size * 3))
    images = np.empty((together, size, size, 3), np.uint8)
    mask, clean = np.empty((size, size), np.uint8), np.empty((size, size, 3), np.uint8)
    facts = []
    for first in range(start, stop, together):
        drawn = images[: stop - first]
        for image, drawing in zip(drawn, render_block(drawn, parameters, first), strict=True):
            _, path, _, *extras = layout.row(drawing.index, f"{folder}/{layout.shape_folder(drawing.main.label)}/")
            _write_new(path, encode_png(image))
            for extra, extra_path in zip(layout.extras, extras, strict=True):
                if extra == "mask":
                    draw_mask(mask, drawing)
                    _write_new(extra_path, encode_png(mask))
                else:
                    render_clean_into(clean, drawing)
                    _write_new(extra_path, encode_png(clean))
            facts.append(facts_json(parameters, drawing))
    return facts


def _write_new(path: str, content: bytes) -> None:
    with open(path, "xb") as file:  # noqa: PTH123 -- of many small files, each microsecond counts
        file.write(content)


def _write_marker(parameters: ShapesParameters, folder: Path) -> None:
    content = {"generator": "shapenet", "render_version": RENDER_VERSION, "parameters": parameters.as_dict()}
    (folder / MARKER).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
