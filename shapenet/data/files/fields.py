"""Fields of records that are files or numbers: how each is found, checked and decoded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from shapenet.data.files.faults import Fault, items_error, shown
from shapenet.data.files.find import Files, find_files
from shapenet.data.files.listing import Listing
from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import ImageHeader, read_header
from shapenet.data.images.mask import decode_mask
from shapenet.data.images.options import ImageOptions, resolve
from shapenet.data.regular import read_regular
from shapenet.errors import DataError
from shapenet.fields import Field
from shapenet.words import counted

_MAX_FIRST_TRIES = 10


@dataclass(frozen=True)
class FileField:
    """A field whose values are image files, one for each record.

    Attributes:
        name: The field's name.
        kind: ``image``, or ``mask``, whose pixels stay the numbers that they are.
        field: Type and shape of the values.
        names: Path of each file as it is listed.
        files: The files.
        options: How to decode them, resolved.
    """

    name: str
    kind: Literal["image", "mask"]
    field: Field
    names: Sequence[str]
    files: Files
    options: ImageOptions

    def read(self, index: int) -> npt.NDArray[Any]:
        """The value of one record, which may be of another size than `field` says.

        Raises:
            DataError: The file can't be read or decoded.
        """
        data = read_regular(self.files.path(index))
        if self.kind == "mask":
            return decode_mask(data, self.options)
        return decode_image(data, self.options)


def file_field(
    listing: Listing, name: str, names: Sequence[str], options: ImageOptions, *,
    kind: Literal["image", "mask"], any_size: bool, allow_outside: bool,
) -> FileField:  # fmt: skip
    """Find a field's files; the first one that can be decoded decides on type, colour and size.

    Args:
        listing: What lists the records.
        name: The field's name.
        names: Path of each file.
        options: How to decode them.
        kind: Whether they are images or masks.
        any_size: Whether sizes may vary.
        allow_outside: Whether files may lie out of the listing's root.

    Raises:
        DataError: Names are empty, files are missing, or none of the first can be decoded.
    """
    faults: list[Fault] = [(listing.line(i), "no path") for i, path in enumerate(names) if not path.strip()]
    if faults:
        message = f"expected a path of the {name} in every row, received none in {len(faults):,} of {len(names):,}"
        raise items_error("data/path", message, faults, path=listing.path)
    files = find_files(listing, names, allow_outside=allow_outside)
    shapeless = FileField(name, kind, Field("uint8", ()), names, files, options)
    resolved, shape = _first(listing, shapeless)
    if any_size:
        shape = (None, None, shape[2])
    return replace(shapeless, field=Field(resolved.dtype, shape), options=resolved)


def _first(listing: Listing, field: FileField) -> tuple[ImageOptions, tuple[int | None, ...]]:
    """Options that the first good file resolves, and its shape; reading reports the bad ones."""
    faults: list[Fault] = []
    for index in range(min(_MAX_FIRST_TRIES, len(listing))):
        try:
            options = _resolved(field, read_header(read_regular(field.files.path(index))))
            return options, replace(field, options=options).read(index).shape
        except DataError as error:
            faults.append((listing.line(index), f"{shown(field.names[index])}: {error.problems[0].message}"))
    message = f"none of the first {len(faults)} files of the {field.name} can be read"
    raise items_error("data/damaged-image", message, faults, path=listing.path)


def _resolved(field: FileField, header: ImageHeader) -> ImageOptions:
    if field.kind == "mask":
        return replace(field.options, color="gray", dtype="uint8" if header.bits <= 8 else "uint16")
    return resolve(field.options, header)


def numbers_of(listing: Listing, column: str) -> npt.NDArray[np.float32]:
    """The numbers in a column, float32, one for each record.

    Raises:
        DataError: Some are not finite numbers; the error names their lines.
    """
    numbers = np.empty(len(listing), np.float32)
    faults: list[Fault] = []
    for index, text in enumerate(listing.columns[column]):
        try:
            numbers[index] = float(text)
        except ValueError:
            numbers[index] = math.nan
        if not math.isfinite(numbers[index]):
            faults.append((listing.line(index), shown(text) or "nothing"))
    if faults:
        message = f"expected a finite number in the column {column!r}, received others in {counted(len(faults), 'row')}"
        hint = f"classes are no numbers: for these name it as label_column: {column}"
        raise items_error("data/number", message, faults, path=listing.path, hint=hint)
    return numbers
