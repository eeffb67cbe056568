"""Converting records: one plan, four forms, and all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapenet.data.convert.npz import check_npz, write_npz
from shapenet.data.convert.pictures import (
    LIST_NAME,
    MASK,
    check_csv,
    check_folder,
    further_fields,
    further_pictures,
    write_csv,
    write_folder,
)
from shapenet.data.convert.plan import Plan, check_options, shards_of
from shapenet.data.outfolder import check_out, new_or_replaced
from shapenet.data.records import Records
from shapenet.data.tfrecord.writer import ShardForm, check_num_shards, columns_kept, columns_of_paths, fill_with_shards
from shapenet.errors import ConfigError, Place
from shapenet.rundir.atomic import machine_errors

MARKER = "convert.json"
"""File that tells a folder which `convert` made: what it was made from."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Converted:
    """What was written.

    Attributes:
        source: The name of the source that reads it all.
        arguments: Its arguments; ``path`` is the folder, the CSV or the npz.
        num_records: Number of records.
        left_out: Fields that the form has no room for.
        paths_left_out: Columns that name image files of the input, which no field reads.
    """

    source: str
    arguments: Mapping[str, Any]
    num_records: int
    left_out: tuple[str, ...]
    paths_left_out: tuple[str, ...]


def check_convert(out: Path, plan: Plan) -> None:
    """Check what can be checked before a source is opened.

    Raises:
        ConfigError: The output is there and may not be replaced, or an option does not fit.
    """
    check_options(plan)
    if plan.to != "npz":
        check_out(out, MARKER, replace=plan.replace)
    elif out.is_dir() or out.is_symlink():
        raise ConfigError("config/out", "expected a file to write, received a folder or a link", place=Place(str(out)))
    elif out.suffix.lower() != ".npz":
        raise ConfigError("config/out", "expected a name that ends in .npz", place=Place(str(out)))
    elif out.exists() and not plan.replace:
        hint = "choose another name, or replace the file with --force"
        raise ConfigError("config/out", "the file exists", place=Place(str(out)), hint=hint)


def convert(records: Records, out: Path, plan: Plan, progress: Progress | None = None) -> Converted:
    """Write all records in another form, without loss, all of it or nothing.

    ``csv`` writes PNG files in ``images/`` (and masks and more images in folders of their
    fields' names) and ``dataset.csv``; ``folder`` a folder of PNG files for each class;
    ``tfrecord`` shards, see `shapenet.data.tfrecord.writer`; ``npz`` one file with the arrays
    ``images``, ``labels`` (indices into ``classes``), ``classes``, the further fields and the columns. Records
    without classes are written without labels.

    Args:
        records: What to write.
        out: The new folder, or the npz.
        plan: In which form.
        progress: Called now and then with the number of records written since the last call.

    Raises:
        ConfigError: The output is there and may not be replaced, or an option does not fit.
        DataError: Records can't be read, or can't be written in this form.
        MachineError: The disk is full, the folder is read-only, a worker was killed, and the like.
    """
    check_convert(out, plan)
    advance = progress or (lambda count: None)
    if plan.to == "npz":
        check_npz(records)
        write_npz(records, out, compressed=plan.compression != "none", progress=advance)
        return Converted("arrays", {"path": str(out), **_fields(records)}, len(records), (), columns_of_paths(records))
    left_out, write = _writer(records, out, plan)
    with new_or_replaced(out, MARKER, replace=plan.replace) as folder, machine_errors(out):
        write(folder, advance)
        (folder / MARKER).write_text(json.dumps(_description(records, plan), indent=2) + "\n", encoding="utf-8")
    paths_left_out = () if plan.to == "folder" else columns_of_paths(records)
    return Converted(plan.to, _arguments(records, out, plan), len(records), left_out, paths_left_out)


def _arguments(records: Records, out: Path, plan: Plan) -> dict[str, Any]:
    size = {"size": "any"} if records.fields["image"].is_ragged else {}
    if plan.to == "csv":
        return {"path": str(out / LIST_NAME), **further_fields(records), **size}
    if plan.to == "folder":
        return {"path": str(out), **size}
    masks = [name for name in further_pictures(records) if name == MASK]
    return {"path": str(out), **_fields(records, masks=masks), **size}


def _fields(records: Records, masks: Sequence[str] = ()) -> dict[str, Sequence[str]]:
    """The arguments that read the further fields and the columns; `masks` are fields that stand by themselves."""
    fields = [name for name in records.fields if name not in ("image", "label", *masks)]
    arguments = {"fields": fields, "masks": masks, "columns": columns_kept(records)}
    return {name: list(names) for name, names in arguments.items() if names}


def _writer(records: Records, out: Path, plan: Plan) -> tuple[tuple[str, ...], Callable[[Path, Progress], None]]:
    """Fields that are left out, and what fills the folder."""
    if plan.to == "csv":
        return check_csv(records), lambda folder, progress: write_csv(records, folder, progress)
    if plan.to == "folder":
        return check_folder(records), lambda folder, progress: write_folder(records, folder, progress)
    num_shards = plan.num_shards or shards_of(records)
    check_num_shards(num_shards, len(records))
    form = ShardForm(out.name, num_shards, plan.compression)
    return (), lambda folder, progress: fill_with_shards(records, folder, form, progress)


def _description(records: Records, plan: Plan) -> dict[str, Any]:
    return {
        "generator": "shapenet data convert",
        "to": plan.to,
        "source": records.describe,
        "num_records": len(records),
        "classes": list(records.classes),
        "fields": {name: {"dtype": field.dtype, "shape": field.shape} for name, field in records.fields.items()},
    }
