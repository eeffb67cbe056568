"""Registers the source ``folder``."""

from __future__ import annotations

from typing import Any

from shapenet.data.images.options import Color, ImageDtype, Interpolation, Resize
from shapenet.registry import REGISTRIES
from shapenet.values import ConfigPath, ImageSize


@REGISTRIES["source"].register("folder")
def folder(
    *,
    path: ConfigPath,
    masks: ConfigPath | None = None,
    size: ImageSize | None = None,
    resize: Resize = "stretch",
    interpolation: Interpolation = "bilinear",
    color: Color = "auto",
    dtype: ImageDtype = "auto",
    allow_outside: bool = False,
) -> Any:
    """Images in a folder per class; folders train, val and test may stand above those.

    Images lie in class folders at any depth; hidden files and files that are not images by
    their ending are passed over. Where there are folders train, val (or validation) and test,
    the column ``split`` tells which an image comes from: ``data.split: {column: split}``.

    Args:
        path: The folder.
        masks: A folder with a mask for each image, of the same path but for the ending;
            they become the field ``mask``, whose pixels are numbers of classes.
        size: Side in pixels, or height and width, of all images; ``any`` lets them
            differ; if not given, all must have the size of the first.
        resize: How an image comes to the size: ``stretch``, ``fit`` (keep the aspect, within
            the size), ``pad`` (fit, centred on black), ``crop`` (cover the size, cut the centre).
        interpolation: The filter: ``nearest``, ``box``, ``bilinear``, ``bicubic``, ``lanczos``.
            All but nearest are antialiased.
        color: ``gray`` (1 channel), ``rgb`` (3), or ``auto``: as the first image.
        dtype: ``uint8``, ``uint16``, ``float32``, or ``auto``: what holds the first image's depth.
        allow_outside: Whether links may lead out of the folder, and masks lie out of it.

    Returns:
        A `shapenet.data.files.records.FileRecords`.

    Raises:
        DataError: There is no such folder, it has no class folders or no images, or masks are missing.
    """
    from shapenet.data.files.load import file_options, load_files
    from shapenet.data.folder.walk import MASK, list_folder

    options = file_options(
        size, resize, interpolation, color, dtype,
        masks=(MASK,) if masks else (), allow_outside=allow_outside,
    )  # fmt: skip
    return load_files(list_folder(path, masks), options)
