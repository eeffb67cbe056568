"""Records as PNG files: listed by a CSV, or in a folder for each class."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shapenet.data.convert.plan import is_file_name
from shapenet.data.files.faults import shown
from shapenet.data.passes import each_block
from shapenet.data.png import encode_png
from shapenet.data.records import Records
from shapenet.data.tfrecord.writer import columns_kept, is_png
from shapenet.data.workers import Block, blocks_of
from shapenet.errors import DataError, Place

LIST_NAME = "dataset.csv"
"""The CSV that lists the images."""

MASK = "mask"
"""The field whose pixels are numbers of classes."""

IMAGES = "images"
"""The folder of the images."""

_OWN_COLUMNS = ("name", "path")
_BLOCK_RECORDS = 64
_CODE = "data/convert"

Progress = Callable[[int], None]
Names = Mapping[str, Sequence[str]]
"""Fields that become files: paths of their records' files, relative to the output."""


def check_csv(records: Records) -> tuple[str, ...]:
    """Refuse what a CSV can't hold.

    Returns:
        Fields that are left out: neither images nor numbers.

    Raises:
        DataError: The images are not 8- or 16-bit gray or RGB, a class would not be read back
            as it is, or a field can't be a folder's name or is of another size than the image.
    """
    _check_image(records)
    unfit = [name for name in records.classes if name != name.strip() or not name or name.lower() == "nan"]
    if unfit:
        message = f"expected names of classes without surrounding spaces, and not nan; received {unfit[0]!r}"
        raise DataError(_CODE, message, place=Place(records.describe))
    pictures = further_pictures(records)
    misnamed = [name for name in pictures if not is_file_name(name) or name in (IMAGES, LIST_NAME)]
    if misnamed:
        message = f"expected a field whose files can lie in a folder of its name, received {shown(misnamed[0])}"
        raise DataError(_CODE, message, place=Place(records.describe))
    size = records.fields["image"].shape[:2]
    other = [name for name in pictures if records.fields[name].shape[:2] != size]
    if other:
        message = f"expected further images of the image's size, received {other[0]} of another"
        raise DataError(_CODE, message, place=Place(records.describe), hint="tfrecord and npz take any size")
    numbers = _numbers(records)
    doubled = [name for name in (*pictures, *numbers) if name in _OWN_COLUMNS]
    if doubled:
        message = f"expected fields that are called neither {' nor '.join(_OWN_COLUMNS)}, received {doubled[0]}"
        raise DataError(_CODE, message, place=Place(records.describe), hint="these are columns of the CSV")
    kept = {"image", "label", *pictures, *numbers}
    return tuple(name for name in records.fields if name not in kept)


def check_folder(records: Records) -> tuple[str, ...]:
    """Refuse what folders of images can't hold.

    Returns:
        Fields that are left out: all but image and label.

    Raises:
        DataError: The images are not 8- or 16-bit gray or RGB, or a class can't be a folder's name.
    """
    _check_image(records)
    unfit = [name for name in records.classes if not is_file_name(name)]
    lowered = [name.lower() for name in records.classes]
    same = sorted({name for name in lowered if lowered.count(name) > 1})
    if unfit or same:
        received = repr(unfit[0]) if unfit else f"several that differ in case only, such as {same[0]!r}"
        message = f"expected names of classes that can be names of folders, received {shown(received)}"
        hint = "a csv, tfrecord or npz takes any name"
        raise DataError(_CODE, message, place=Place(records.describe), hint=hint)
    return tuple(name for name in records.fields if name not in ("image", "label"))


def write_csv(records: Records, folder: Path, progress: Progress) -> None:
    """Write PNG files and their list into an empty folder.

    Raises:
        DataError: Records can't be read.
        OSError: The folder can't be written.
    """
    digits = _digits(records)
    pictures = ["image", *further_pictures(records)]
    places = {name: IMAGES if name == "image" else name for name in pictures}
    names = {name: [f"{place}/{i:0{digits}d}.png" for i in range(len(records))] for name, place in places.items()}
    for place in places.values():
        (folder / place).mkdir()
    numbers = _write_all(records, folder, names, progress)
    labels = records.label_of()
    columns = {name: records.columns[name] for name in columns_kept(records)}
    further = [*(names[name] for name in pictures[1:]), *numbers.values(), *columns.values()]
    with (folder / LIST_NAME).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        label = ["label"] if records.classes else []
        writer.writerow([*_OWN_COLUMNS, *label, *pictures[1:], *numbers, *columns])
        for index in range(len(records)):
            classes = [records.classes[labels[index]]] if records.classes else []
            row = [records.name_of(index), names["image"][index], *classes]
            writer.writerow([*row, *(values[index] for values in further)])


def write_folder(records: Records, folder: Path, progress: Progress) -> None:
    """Write PNG files into a folder for each class, below an empty folder, or straight into it without classes.

    Raises:
        DataError: Records can't be read.
        OSError: The folder can't be written.
    """
    digits = _digits(records)
    classes = [records.classes[label] if records.classes else "." for label in records.label_of()]
    for name in dict.fromkeys(classes):
        (folder / name).mkdir(exist_ok=True)
    names = {"image": [f"{name}/{index:0{digits}d}.png" for index, name in enumerate(classes)]}
    _write_all(records, folder, names, progress)


def _write_all(records: Records, folder: Path, names: Names, progress: Progress) -> dict[str, list[Any]]:
    """Write every picture; returns the values of the fields that are numbers."""

    def advance(block: Block) -> None:
        progress(block[1] - block[0])

    numbers = _numbers(records)
    blocks = blocks_of(len(records), _BLOCK_RECORDS)
    parts = each_block(_write_block, records, (folder, names, numbers), blocks, advance)
    return {name: [value for part in parts for value in part[name]] for name in numbers}


def _write_block(
    records: Records, folder: Path, names: Names, numbers: Iterable[str], start: int, stop: int
) -> dict[str, list[Any]]:
    values = records.read(start, stop)
    for field, paths in names.items():
        for path, image in zip(paths[start:stop], values[field], strict=True):
            (folder / path).write_bytes(encode_png(image))
    return {name: [value.item() for value in values[name]] for name in numbers}


def _check_image(records: Records) -> None:
    field = records.fields["image"]
    if not is_png(field):
        message = f"expected uint8 or uint16 images of 1 or 3 channels, received {field.dtype} {field.shape}"
        hint = "other images go to tfrecord or npz only: PNG would change their values"
        raise DataError(_CODE, message, place=Place(records.describe), hint=hint)


def further_fields(records: Records) -> dict[str, list[str]]:
    """The csv source's arguments that read the further fields of what `write_csv` wrote."""
    pictures = further_pictures(records)
    arguments = {
        "images": [name for name in pictures if name != MASK],
        "masks": [name for name in pictures if name == MASK],
        "numbers": _numbers(records),
    }
    return {name: fields for name, fields in arguments.items() if fields}


def further_pictures(records: Records) -> list[str]:
    """Fields besides the image that become PNG files."""
    return [name for name, field in records.fields.items() if name != "image" and is_png(field)]


def _numbers(records: Records) -> list[str]:
    """Fields besides the label that become numbers in a CSV."""
    return [name for name, field in records.fields.items() if name != "label" and field.shape == ()]


def _digits(records: Records) -> int:
    return max(6, len(str(len(records) - 1)))
