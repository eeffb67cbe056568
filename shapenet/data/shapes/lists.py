"""The lists of a generated folder: which file shows what, as CSVs and as manifests."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapenet.data.shapes.colours import hexadecimal
from shapenet.data.shapes.facts import Drawing, PlacedShape
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.truth import visible_areas

HEADER = ("name", "path", "label")
"""The first columns of every CSV; those of further pictures follow."""

MANIFEST = "manifest.jsonl"
"""File with all facts of an image in each line."""

_DECIMALS = 3


@dataclass(frozen=True)
class Layout:
    """Where everything lies in a generated folder.

    Attributes:
        parameters: What is drawn.
        extras: Pictures beside the image: ``mask``, ``clean``.
    """

    parameters: ShapesParameters
    extras: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of every CSV."""
        return (*HEADER, *self.extras)

    @property
    def picture_folders(self) -> tuple[str, ...]:
        """Folders of pictures of each shape."""
        return ("images", *(_FOLDERS[extra] for extra in self.extras))

    def shape_folder(self, label: int) -> str:
        """Folder of a class, relative to the whole."""
        return self.parameters.classes[label] if len(self.parameters.classes) > 1 else "."

    def name(self, index: int) -> str:
        """Name of image `index`."""
        num_classes = len(self.parameters.classes)
        return f"{self.parameters.classes[index % num_classes]}-{index // num_classes:06d}"

    def row(self, index: int, prefix: str = "") -> tuple[str, ...]:
        """The values of `columns` for image `index`; paths start with `prefix`."""
        name = self.name(index)
        image, *extras = (f"{prefix}{folder}/{name}.png" for folder in self.picture_folders)
        return (name, image, self.parameters.classes[index % len(self.parameters.classes)], *extras)


_FOLDERS = {"mask": "masks", "clean": "clean"}


def facts_json(parameters: ShapesParameters, drawing: Drawing) -> str:
    """What a line of a manifest says beside names and paths, as a JSON object.

    Lengths are in pixels, areas in square pixels and can be seen (`truth.visible_areas`),
    angles in degrees; the last of the shapes is the main one.
    """
    areas = visible_areas(drawing, parameters.size)
    facts = {
        "index": drawing.index,
        "background": hexadecimal(drawing.background),
        "noise": parameters.noise,
        "blur": round(drawing.blur, _DECIMALS),
        "occlusion": round(drawing.occluder.hidden, _DECIMALS) if drawing.occluder else 0.0,
        "clutter": len(drawing.clutter),
        "distractors": len(drawing.marks),
        "shapes": [_shape_facts(shape, area) for shape, area in zip(drawing.shapes, areas, strict=True)],
    }
    return json.dumps(facts)


def _shape_facts(shape: PlacedShape, area: float) -> dict[str, object]:
    return {
        "class": shape.shape,
        "centre": [round(value, _DECIMALS) for value in shape.centre],
        "size": round(shape.size, _DECIMALS),
        "angle": round(shape.angle, _DECIMALS),
        "symmetry": shape.symmetry,
        "area": round(area, _DECIMALS),
        "foreground": hexadecimal(shape.foreground),
        "line_width": None if shape.line_width is None else round(shape.line_width, _DECIMALS),
        "hand_drawn": bool(shape.strokes),
    }


def write_lists(layout: Layout, folder: Path, facts: Sequence[str]) -> None:
    """Write every shape's CSV and manifest, and those of all images if there are several shapes.

    Args:
        layout: Where everything lies.
        folder: The whole folder.
        facts: What `facts_json` gave for each image.
    """
    num_classes = len(layout.parameters.classes)
    by_class = [range(label, layout.parameters.num_images, num_classes) for label in range(num_classes)]
    for label, indices in enumerate(by_class):
        rows = [layout.row(index) for index in indices]
        shape_folder = folder / layout.shape_folder(label)
        _write_csv(shape_folder / "info.csv", layout.columns, rows)
        _write_manifest(shape_folder / MANIFEST, layout.columns, rows, [facts[index] for index in indices])
    if num_classes > 1:
        order = [index for indices in by_class for index in indices]
        rows = [layout.row(index, f"{layout.shape_folder(index % num_classes)}/") for index in order]
        _write_csv(folder / "dataset.csv", layout.columns, rows)
        _write_manifest(folder / MANIFEST, layout.columns, rows, [facts[index] for index in order])


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_manifest(path: Path, columns: Sequence[str], rows: Sequence[tuple[str, ...]], facts: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        line = ", ".join(f'"{column}": "%s"' for column in columns)  # names of ours need no escapes
        file.writelines(f"{{{line % row}, {more[1:]}\n" for row, more in zip(rows, facts, strict=True))
