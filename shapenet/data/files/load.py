"""From a list of files to records: names, labels and files checked, first images decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from shapenet.data.fieldnames import check_field_names
from shapenet.data.files.faults import Fault, items_error, shown
from shapenet.data.files.faults import listing as listed
from shapenet.data.files.fields import FileField, file_field, numbers_of
from shapenet.data.files.labels import read_labels
from shapenet.data.files.listing import Listing
from shapenet.data.files.records import FileRecords, key_of
from shapenet.data.images.options import ImageOptions
from shapenet.errors import ConfigError, DataError, Place, did_you_mean
from shapenet.fields import Field
from shapenet.words import counted

LABELS = "labels"
"""The field that tells all classes of an image."""


@dataclass(frozen=True)
class FileOptions:
    """What of the listed files to read, and how.

    Attributes:
        image: How to decode images.
        any_size: Whether their sizes may vary.
        images: Columns of more images, which become fields of the same names.
        masks: Columns of masks, likewise.
        numbers: Columns of numbers, likewise.
        label_separator: Stands between several classes of an image, which become the field ``labels``.
        allow_outside: Whether files may lie out of the list's folder, by ``../``, an
            absolute path or a link.
    """

    image: ImageOptions
    any_size: bool = False
    images: Sequence[str] = ()
    masks: Sequence[str] = ()
    numbers: Sequence[str] = ()
    label_separator: str | None = None
    allow_outside: bool = False


def file_options(size: Any, resize: Any, interpolation: Any, color: Any, dtype: Any, **others: Any) -> FileOptions:
    """The options that a source's arguments mean.

    Args:
        size: A side, height and width, ``any``, or None.
        resize: As in `ImageOptions`, and so are the next three.
        interpolation: The same.
        color: The same.
        dtype: The same.
        **others: Attributes of `FileOptions`.
    """
    sides = (size, size) if isinstance(size, int) else None if size == "any" else size
    image = ImageOptions(sides, resize, interpolation, color, dtype)
    return FileOptions(image, any_size=size == "any" or (size is not None and resize == "fit"), **others)


def load_files(listing: Listing, options: FileOptions) -> FileRecords:
    """Check a list, find its files, and decode the first of each field.

    Args:
        listing: The list.
        options: What to read, and how.

    Raises:
        ConfigError: A column's name can't be a field's.
        DataError: Paths, labels, numbers, files or the first images are at fault.
    """
    _check_columns(listing, options)
    image = _field(listing, options, "image", listing.names)
    labels = read_labels(listing, options.label_separator)
    warnings = _duplicates(listing, image.files.paths, labels.texts)
    files = (
        image,
        *(_field(listing, options, name, listing.columns[name]) for name in options.images),
        *(_field(listing, options, name, listing.columns[name], kind="mask") for name in options.masks),
    )
    numbers = {name: numbers_of(listing, name) for name in options.numbers}
    more = {} if labels.shown is None else {LABELS: labels.shown}
    return FileRecords(
        fields=_fields(files, {**numbers, **more}),
        classes=labels.classes,
        key=key_of(listing, labels.texts, files, {**numbers, **more}),
        describe=str(listing.path),
        warnings=warnings,
        columns=listing.columns,
        _listing=listing,
        _files=files,
        _arrays={"label": labels.indices, **numbers, **more},
    )


def _field(listing: Listing, options: FileOptions, name: str, names: Sequence[str], kind: Any = "image") -> FileField:
    return file_field(
        listing, name, names, options.image, kind=kind, any_size=options.any_size, allow_outside=options.allow_outside
    )


def _fields(files: Sequence[FileField], numbers: Mapping[str, npt.NDArray[Any]]) -> dict[str, Field]:
    image, *others = files
    return {
        "image": image.field,
        "label": Field("int64", ()),
        **{file.name: file.field for file in others},
        **{name: Field("float32", values.shape[1:]) for name, values in numbers.items()},
    }


def _check_columns(listing: Listing, options: FileOptions) -> None:
    asked = [*options.images, *options.masks, *options.numbers]
    for name in asked:
        if name not in listing.columns:
            hint = did_you_mean(name, listing.columns) or "its columns are " + ", ".join(map(shown, listing.columns))
            message = f"expected a column {name!r}, found {', '.join(map(shown, listing.columns)) or 'none'}"
            raise DataError("data/csv-column", message, place=Place(str(listing.path), 1), hint=hint)
    for argument in ("images", "masks", "numbers"):
        check_field_names(getattr(options, argument), argument)
    if options.label_separator is not None and LABELS in asked:
        message = f"expected another name than {LABELS!r}, which the classes of each image have"
        raise ConfigError("config/field-name", message)
    if len(set(asked)) < len(asked):
        twice = next(name for name in asked if asked.count(name) > 1)
        message = f"expected the column {twice!r} in one of images, masks and numbers, received it in several"
        raise ConfigError("config/field-name", message)


def _duplicates(listing: Listing, files: Sequence[bytes], labels: Sequence[str]) -> tuple[str, ...]:
    first: dict[bytes, int] = {}
    same: list[Fault] = []
    differing: list[Fault] = []
    for index, file in enumerate(files):
        earlier = first.setdefault(file, index)
        if earlier == index:
            continue
        line, earlier_line = listing.line(index), listing.line(earlier)
        if labels[earlier] == labels[index]:
            same.append((line, f"{shown(listing.names[index])}, as in line {earlier_line}"))
        else:
            described = f"{shown(labels[index])}, but {shown(labels[earlier])} in line {earlier_line}"
            differing.append((line, f"{shown(listing.names[index])} is {described}"))
    if differing:
        message = f"expected one label for an image, received different ones for {counted(len(differing), 'row')}"
        raise items_error("data/label", message, differing, path=listing.path)
    if not same:
        return ()
    rows = counted(len(same), "row names", "rows name")
    return (f"{listing.path}: {rows} an image that an earlier row has; all are used{listed(same)}",)
