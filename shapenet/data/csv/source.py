"""Registers the source ``csv``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapenet.data.images.options import Color, ImageDtype, Interpolation, Resize
from shapenet.registry import REGISTRIES
from shapenet.values import ConfigPath, ImageSize, Names

Delimiter = Annotated[str, Field(pattern=r'^[^"\r\n]$')]
"""The character between values: any but a quote or a line end."""


@REGISTRIES["source"].register("csv")
def csv(
    *,
    path: ConfigPath,
    image_column: str | None = None,
    label_column: str | None = None,
    label_separator: Annotated[str, Field(min_length=1)] | None = None,
    delimiter: Delimiter = ",",
    images: Names = (),
    masks: Names = (),
    numbers: Names = (),
    size: ImageSize | None = None,
    resize: Resize = "stretch",
    interpolation: Interpolation = "bilinear",
    color: Color = "auto",
    dtype: ImageDtype = "auto",
    allow_outside: bool = False,
) -> Any:
    """Image files and their labels, listed in a CSV.

    The CSV is UTF-8 with a header, paths relative to its folder; classes are sorted, integers by number.

    Args:
        path: The CSV.
        image_column: Column of image paths; by default path, filepath, file, filename or image.
        label_column: Column of labels; by default label, class, target or category.
        label_separator: Stands between several classes in a cell, which become the field ``labels``.
        delimiter: The character between values.
        images: Columns of more images, such as clean ones beside noisy ones.
        masks: Columns of masks, whose pixels are numbers of classes.
        numbers: Columns of numbers. Each becomes a field of the same name.
        size: Side in pixels, or height and width, of all images; ``any`` lets them
            differ; if not given, all must have the size of the first.
        resize: How an image comes to the size: ``stretch``, ``fit`` (keep the aspect, within
            the size), ``pad`` (fit, centred on black), ``crop`` (cover the size, cut the centre).
        interpolation: The filter: ``nearest``, ``box``, ``bilinear``, ``bicubic``, ``lanczos``.
            All but nearest are antialiased.
        color: ``gray`` (1 channel), ``rgb`` (3), or ``auto``: as the first image.
        dtype: ``uint8``, ``uint16``, ``float32``, or ``auto``: what holds the first image's depth.
        allow_outside: Whether files may lie out of the CSV's folder.

    Raises:
        ConfigError: A column's name can't be a field's.
        DataError: The CSV, its paths, its labels or the first image are at fault.
    """
    from shapenet.data.csv.load import load_csv
    from shapenet.data.files.load import file_options

    fields = {"images": images, "masks": masks, "numbers": numbers, "label_separator": label_separator}
    options = file_options(size, resize, interpolation, color, dtype, allow_outside=allow_outside, **fields)
    return load_csv(path, columns=(image_column, label_column), delimiter=delimiter, options=options)
