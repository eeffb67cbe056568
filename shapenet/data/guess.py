"""Which source reads a path that the command line names."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from shapenet.errors import DataError, Place
from shapenet.registry import Component

_BY_ENDING = {
    ".csv": "csv",
    ".tsv": "text",
    ".txt": "text",
    ".npz": "arrays",
    ".npy": "arrays",
    "-ubyte": "arrays",
    "-ubyte.gz": "arrays",
    ".tfrecord": "tfrecord",
    ".tfrecords": "tfrecord",
    ".tfrecord.gz": "tfrecord",
    ".tfrecords.gz": "tfrecord",
}


_LISTS = ("dataset.csv", "info.csv")
"""CSVs that our own commands write into a folder, the one that lists all of it first."""


def source_for(path: Path) -> Component:
    """The source that reads `path`, told from its ending.

    A folder with our own commands' ``dataset.csv`` or ``info.csv`` is a ``csv``, one with
    TFRecord shards a ``tfrecord``, any other a ``folder``.

    Args:
        path: A file or a folder.

    Raises:
        DataError: No source reads files of this ending, or there is nothing at `path`.
    """
    listed = next((path / name for name in _LISTS if (path / name).is_file()), None)
    if listed is not None:
        path, name = listed, "csv"
    elif path.is_dir():
        name = "tfrecord" if any(".tfrecord" in file.name for file in path.iterdir()) else "folder"
    elif not path.exists():
        raise DataError("data/missing-file", "there is no such file or folder", place=Place(str(path)))
    else:
        found = next((source for ending, source in _BY_ENDING.items() if path.name.lower().endswith(ending)), None)
        if found is None:
            message = f"expected a folder, or a file whose name ends in {', '.join(_BY_ENDING)}"
            hint = "a config may name the source and its arguments: --config"
            raise DataError("data/source", message, place=Place(str(path)), hint=hint)
        name = found
    return Component("source", name, MappingProxyType({"path": path.absolute()}))
