"""Registers the source ``text``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapenet.data.images.options import Color, ImageDtype, Interpolation, Resize
from shapenet.registry import REGISTRIES
from shapenet.values import ConfigPath, ImageSize

Separator = Annotated[str, Field(min_length=1, pattern=r"^[^\r\n]+$")]
"""The characters between path and label."""


@REGISTRIES["source"].register("text")
def text(
    *,
    path: ConfigPath,
    delimiter: Separator | None = None,
    label_first: bool = False,
    size: ImageSize | None = None,
    resize: Resize = "stretch",
    interpolation: Interpolation = "bilinear",
    color: Color = "auto",
    dtype: ImageDtype = "auto",
    allow_outside: bool = False,
) -> Any:
    """Image files and their labels in a text file without a header: a path and a label in each line.

    The file is UTF-8; paths are relative to its folder. Blank lines are passed over.

    Args:
        path: The text file.
        delimiter: What stands between path and label; any white space if not given. A path
            may hold it too: the last one counts, or the first one with `label_first`.
        label_first: Whether the label stands before the path.
        size: Side in pixels, or height and width, of all images; ``any`` lets them
            differ; if not given, all must have the size of the first.
        resize: How an image comes to the size: ``stretch``, ``fit`` (keep the aspect, within
            the size), ``pad`` (fit, centred on black), ``crop`` (cover the size, cut the centre).
        interpolation: The filter: ``nearest``, ``box``, ``bilinear``, ``bicubic``, ``lanczos``.
            All but nearest are antialiased.
        color: ``gray`` (1 channel), ``rgb`` (3), or ``auto``: as the first image.
        dtype: ``uint8``, ``uint16``, ``float32``, or ``auto``: what holds the first image's depth.
        allow_outside: Whether images may lie out of the text file's folder.

    Returns:
        A `shapenet.data.files.records.FileRecords`.

    Raises:
        DataError: The file, its paths, its labels or the first image are at fault.
    """
    from shapenet.data.files.load import file_options, load_files
    from shapenet.data.text.read import read_lines

    options = file_options(size, resize, interpolation, color, dtype, allow_outside=allow_outside)
    return load_files(read_lines(path, delimiter, label_first=label_first), options)
