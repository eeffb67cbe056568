"""Records as the arrays of one npz file."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from shapenet.data.convert.plan import is_file_name
from shapenet.data.files.faults import shown
from shapenet.data.passes import each_block
from shapenet.data.records import Records
from shapenet.data.store import create_arrays, field_path, write_values
from shapenet.data.tfrecord.writer import columns_kept
from shapenet.data.workers import Block, blocks_of
from shapenet.errors import DataError, Place
from shapenet.fields import Field
from shapenet.rundir.atomic import TEMPORARY_PREFIX, fsync_dir, machine_errors

NAMES = {"image": "images", "label": "labels"}
"""Names of the arrays whose fields are called otherwise."""

CLASSES = "classes"
"""The array of class names."""

_BLOCK_RECORDS = 64
_COPY_BYTES = 1 << 22
_DATE = (1980, 1, 1, 0, 0, 0)  # the same always, so that equal records give equal bytes


def _fields(records: Records) -> dict[str, Field]:
    """The fields that are written: no label where nothing says one."""
    return {name: field for name, field in records.fields.items() if name != "label" or records.classes}


def check_npz(records: Records) -> None:
    """Refuse what one array for each field can't hold.

    Raises:
        DataError: Shapes vary, or a field or column has the name of another array, or none that a file could have.
    """
    place = Place(records.describe)
    ragged = [name for name, field in records.fields.items() if field.is_ragged]
    if ragged:
        message = f"expected one shape for all records, received {', '.join(ragged)} with shapes that vary"
        hint = "give the source a size, or write tfrecord, csv or folder"
        raise DataError("data/convert", message, place=place, hint=hint)
    names = (*records.fields, *columns_kept(records))
    unfit = [name for name in names if not is_file_name(name) or name in (*NAMES.values(), CLASSES)]
    if unfit:
        message = f"no further array can be called {shown(unfit[0])}: rename the field or the column"
        raise DataError("data/convert", message, place=place)


def write_npz(records: Records, out: Path, *, compressed: bool, progress: Callable[[int], None]) -> None:
    """Write the arrays of all fields, the columns and the names of the classes into one file, in one step.

    Args:
        records: What to write.
        out: The file; an old one is replaced.
        compressed: Whether to deflate the arrays.
        progress: Called with the number of records written since the last call.

    Raises:
        DataError: Records can't be read.
        MachineError: The disk is full, and the like.
    """

    def advance(block: Block) -> None:
        progress(block[1] - block[0])

    with machine_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=out.parent))
        try:
            fields = _fields(records)
            create_arrays(folder, fields, len(records))
            each_block(_write_block, records, (folder,), blocks_of(len(records), _BLOCK_RECORDS), advance)
            classes = {CLASSES: records.classes} if records.classes else {}
            texts = {**classes, **{name: records.columns[name] for name in columns_kept(records)}}
            for name, values in texts.items():
                np.save(field_path(folder, name), np.array(values, np.str_), allow_pickle=False)
            _pack(folder, [*fields, *texts], compressed=compressed)
            (folder / "all.npz").chmod(0o644)
            (folder / "all.npz").replace(out)
            fsync_dir(out.parent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _write_block(records: Records, folder: Path, start: int, stop: int) -> None:
    values = records.read(start, stop)
    for name, field in _fields(records).items():
        write_values(folder, name, start, np.asarray(values[name], field.dtype))


def _pack(folder: Path, names: list[str], *, compressed: bool) -> None:
    """Move the arrays into ``all.npz``, one after another: the disk need not hold all of them twice."""
    with (folder / "all.npz").open("wb") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                info = zipfile.ZipInfo(f"{NAMES.get(name, name)}.npy", _DATE)
                info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
                with field_path(folder, name).open("rb") as array, archive.open(info, "w", force_zip64=True) as member:
                    shutil.copyfileobj(array, member, _COPY_BYTES)
                field_path(folder, name).unlink()
        file.flush()
        os.fsync(file.fileno())
