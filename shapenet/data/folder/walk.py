"""Listing the images of a folder: classes and splits are the folders' names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from shapenet.data.files.faults import items_error
from shapenet.data.files.listing import Listing
from shapenet.data.records import unlabelled_is_borne
from shapenet.errors import DataError, Place

MASK = "mask"
"""The column of masks."""

SPLIT = "split"
"""The column of splits, where the folder has them."""

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pfm")
"""Endings of the files that are listed; what they hold is told from their content."""

_SPLITS = {"train": "train", "val": "val", "validation": "val", "valid": "val", "test": "test"}


def list_folder(path: Path, masks: Path | None = None) -> Listing:
    """The images below a folder, in the order of their paths.

    Args:
        path: The folder: a folder for each class, or train, val and test folders above them.
        masks: Folder of the images' masks, if there are any.

    Raises:
        DataError: The folder is missing, can't be read, has no class folders or no images.
    """
    place = Place(str(path))
    if not path.is_dir():
        received = "a file" if path.exists() else "nothing"
        raise DataError("data/folder", f"expected a folder, received {received}", place=place)
    names = sorted(_images_in(path))
    above = {name.split("/", 1)[0] for name in names}
    has_splits = bool(above) and above <= set(_SPLITS)
    depth = 1 if has_splits else 0
    faults = [(None, name) for name in names if name.count("/") <= depth]
    unlabelled = bool(faults) and unlabelled_is_borne(some=len(faults) < len(names))
    if not names or (len(faults) == len(names) and not unlabelled):
        message = "expected a folder for each class with images in it, found none"
        hint = f"images are told by their ending: {', '.join(ENDINGS)}"
        raise DataError("data/folder", message, place=place, hint=hint)
    if faults and not unlabelled:
        message = f"expected every image in a folder of its class, found {len(faults):,} beside the folders"
        raise items_error("data/folder", message, faults, path=path, hint="move them into a class folder")
    parts = [_readable(name).split("/") for name in names]
    columns = {SPLIT: [_SPLITS[part[0]] for part in parts]} if has_splits else {}
    columns["folder"] = ["/".join(part[:-1]) for part in parts]
    if masks is not None:
        columns[MASK] = _masks_of(names, path, masks)
    labels = None if unlabelled else [part[depth] for part in parts]
    return Listing(path, path, names, labels, columns=columns, label_column="folder")


def _readable(name: str) -> str:
    """A name that any file or terminal takes: bytes that are not UTF-8 stand as a backslash, x and two digits."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _images_in(path: Path) -> Iterator[str]:
    """Paths of image files relative to `path`; folders that are links are not entered, so loops can't happen."""

    def refuse(error: OSError) -> None:
        message = f"the folder can't be read: {error.strerror}"
        raise DataError("data/folder", message, place=Place(str(error.filename))) from error

    for folder, below, files in os.walk(path, onerror=refuse):
        below[:] = [name for name in below if not name.startswith(".")]
        relative = os.path.relpath(folder, path)
        for file in files:
            if file.lower().endswith(ENDINGS) and not file.startswith("."):
                yield file if relative == "." else f"{relative}/{file}"


def _masks_of(names: list[str], path: Path, masks: Path) -> list[str]:
    """Path of each image's mask, relative to `path`."""
    found: dict[str, str] = {}
    if masks.is_dir():
        prefix = os.path.relpath(masks, path)
        found = {os.path.splitext(name)[0]: f"{prefix}/{name}" for name in sorted(_images_in(masks))}  # noqa: PTH122
    stems = [os.path.splitext(name)[0] for name in names]  # noqa: PTH122 -- texts, not paths
    faults = [(None, name) for name, stem in zip(names, stems, strict=True) if stem not in found]
    if faults:
        message = f"expected a mask for every image, found none for {len(faults):,} of {len(names):,}"
        hint = "a mask has the path of its image, but for the ending"
        raise items_error("data/mask", message, faults, path=masks, hint=hint)
    return [found[stem] for stem in stems]
