"""Writing records as shards of TFRecord files."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from shapenet.data.csv.table import IMAGE_COLUMNS, LABEL_COLUMNS
from shapenet.data.inflate import GZIP_BITS, ZLIB_BITS
from shapenet.data.passes import each_block
from shapenet.data.png import encode_png
from shapenet.data.records import Arrays, Records, UnreadableError
from shapenet.data.tfrecord.example import Feature, example_bytes
from shapenet.data.tfrecord.features import RAW_DTYPES
from shapenet.data.tfrecord.framing import Compression, frame_bytes
from shapenet.data.workers import Block, blocks_of
from shapenet.errors import ConfigError, Place, Problem
from shapenet.fields import Field
from shapenet.rundir.atomic import machine_errors, new_folder

Encoding = Literal["png", "raw"]

ENDINGS: dict[Compression, str] = {"none": ".tfrecord", "gzip": ".tfrecord.gz", "zlib": ".tfrecord.zlib"}
"""How names of shards end, by their compression."""

_BLOCK_RECORDS = 64
_MAX_SHARDS = 100_000
_LEVEL = 6
_LOOKED_AT = 1000
_IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")


@dataclass(frozen=True)
class ShardForm:
    """How shards are written.

    Attributes:
        name: What their names begin with.
        num_shards: How many there are.
        compression: Of each file.
        encode: ``png`` writes 8- and 16-bit images of 1 or 3 channels as PNG and everything
            else raw; ``raw`` writes everything raw.
    """

    name: str
    num_shards: int
    compression: Compression = "none"
    encode: Encoding = "png"

    def file_name(self, shard: int) -> str:
        """The name of a shard, by its number from 0."""
        return f"{self.name}-{shard:05d}-of-{self.num_shards:05d}{ENDINGS[self.compression]}"


def write_tfrecords(
    records: Records,
    out_dir: Path,
    *,
    num_shards: int,
    compression: Compression = "none",
    encode: Encoding = "png",
    progress: Callable[[int], None] | None = None,
) -> tuple[Path, ...]:
    """Write records into a new folder of shards, all of it or nothing.

    A record is a ``tf.train.Example``: ``image``, ``label`` (int64) and ``label/text`` (its
    class) if it has one, its further fields, and its columns as texts. See `features_of` for their form.

    Args:
        records: What to write.
        out_dir: The new folder, which gives the shards their names.
        num_shards: Number of files; the records are spread evenly, in their order.
        compression: Of each file.
        encode: As in `ShardForm`.
        progress: Called now and then with the number of records written since the last call.

    Returns:
        The files.

    Raises:
        ConfigError: There are fewer records than shards, or the folder exists.
        DataError: Records can't be read.
        MachineError: The folder can't be written, or a worker was killed.
    """
    form = ShardForm(out_dir.name, num_shards, compression, encode)
    check_num_shards(num_shards, len(records))
    if out_dir.exists():
        raise ConfigError("config/out", "expected a new folder, received one that exists", place=Place(str(out_dir)))
    with new_folder(out_dir) as folder, machine_errors(out_dir):
        fill_with_shards(records, folder, form, progress or (lambda count: None))
    return tuple(out_dir / form.file_name(shard) for shard in range(num_shards))


def check_num_shards(num_shards: int, num_records: int) -> None:
    """Refuse more shards than there are records.

    Raises:
        ConfigError: With both numbers.
    """
    most = min(num_records, _MAX_SHARDS)
    if not 1 <= num_shards <= most:
        message = f"expected from 1 to {most:,} shards for {num_records:,} records, received {num_shards:,}"
        raise ConfigError("config/shards", message)


def fill_with_shards(records: Records, folder: Path, form: ShardForm, progress: Callable[[int], None]) -> None:
    """Write shards into a folder, in parallel; see `write_tfrecords`.

    Raises:
        DataError: Records can't be read.
        OSError: The folder can't be written.
    """
    bounds = [len(records) * shard // form.num_shards for shard in range(form.num_shards + 1)]

    def advance(block: Block) -> None:
        progress(bounds[block[1]] - bounds[block[0]])

    each_block(_write_shard, records, (folder, form, bounds), blocks_of(form.num_shards, 1), advance)


def features_of(records: Records, block: Arrays, position: int, encode: Encoding) -> dict[str, Feature]:
    """One record as features.

    ``uint8`` and ``uint16`` images become PNG files if `encode` says so. Numbers and rows of
    int64 or float32 become lists. Everything else becomes raw bytes, little-endian, with its
    shape in ``NAME/shape`` and its type in ``NAME/dtype``.

    Args:
        records: Where the block comes from.
        block: Values of every field.
        position: The record's position in the block.
        encode: As in `ShardForm`.
    """
    features: dict[str, Feature] = {}
    for name, field in records.fields.items():
        value = np.asarray(block[name][position])
        if name == "label" and not records.classes:
            continue
        if name == "label":
            features |= {name: [int(value)], f"{name}/text": [records.classes[int(value)].encode()]}
        elif encode == "png" and is_png(field):
            features[name] = [encode_png(value)]
        elif value.ndim == 0 or (value.ndim == 1 and len(value) > 1 and value.dtype.name in ("int64", "float32")):
            features[name] = value.reshape(-1).tolist()
        else:
            features |= _raw(name, value)
    return features


def columns_kept(records: Records) -> tuple[str, ...]:
    """The columns worth writing: neither called like a field nor names, paths or labels of their own.

    A column without a name, such as the index that pandas writes, is not one of them.
    """
    leading_nowhere = columns_of_paths(records)
    return tuple(name for name in _further_columns(records) if name not in leading_nowhere)


def columns_of_paths(records: Records) -> tuple[str, ...]:
    """Columns that name image files, such as masks, which no field reads: as text they would lead nowhere."""
    return tuple(name for name, values in _further_columns(records).items() if _are_paths(values))


def _further_columns(records: Records) -> dict[str, Sequence[str]]:
    taken = {*records.fields, "", "name", *IMAGE_COLUMNS, *LABEL_COLUMNS}
    return {name: values for name, values in records.columns.items() if name not in taken}


def _are_paths(values: Sequence[str]) -> bool:
    """Whether the first of them all have a folder and the ending of an image file."""
    first = values[:_LOOKED_AT]
    return bool(first) and all("/" in value and value.lower().endswith(_IMAGE_ENDINGS) for value in first)


def is_png(field: Field) -> bool:
    """Whether a field's values are images that a PNG can hold without loss."""
    return field.dtype in ("uint8", "uint16") and len(field.shape) == 3 and field.shape[2] in (1, 3)


def _raw(name: str, value: npt.NDArray[Any]) -> dict[str, Feature]:
    if value.dtype.name not in RAW_DTYPES:
        value = value.astype(np.int64 if value.dtype.kind in "iub" else np.float32)
    content = value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes()
    return {
        name: [content],
        f"{name}/shape": [int(side) for side in value.shape],
        f"{name}/dtype": [value.dtype.name.encode()],
    }


def _write_shard(records: Records, folder: Path, form: ShardForm, bounds: list[int], start: int, stop: int) -> None:
    """Write the shard `start`; `stop` is the number after it.

    Raises:
        UnreadableError: Some of its records can't be read; it tells all of them.
    """
    faults: dict[int, Problem] = {}
    columns = columns_kept(records)
    with _create(folder / form.file_name(start), form.compression) as file:
        for low, high in _blocks(bounds[start], bounds[stop]):
            try:
                block = records.read(low, high)
            except UnreadableError as error:
                faults |= error.faults
                continue
            for position in range(high - low):
                texts = {name: [records.columns[name][low + position].encode()] for name in columns}
                features = {**features_of(records, block, position, form.encode), **texts}
                file.write(frame_bytes(example_bytes(features)))
    if faults:
        raise UnreadableError(faults)


def _blocks(first: int, last: int) -> Iterator[Block]:
    return ((first + low, first + high) for low, high in blocks_of(last - first, _BLOCK_RECORDS))


def _create(path: Path, compression: Compression) -> BinaryIO:
    if compression == "none":
        return path.open("wb")
    return io.BufferedWriter(_Deflating(path.open("wb"), GZIP_BITS if compression == "gzip" else ZLIB_BITS))


class _Deflating(io.RawIOBase):
    """Writes a compressed stream into a file, with no name or time in it: equal records give equal bytes."""

    def __init__(self, file: BinaryIO, wbits: int) -> None:
        self._file = file
        self._deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, wbits)

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, data: Any) -> int:
        """Compress `data` into the file."""
        self._file.write(self._deflater.compress(data))
        return len(data)

    def close(self) -> None:
        """Finish the stream and close the file."""
        if not self.closed:
            self._file.write(self._deflater.flush())
            self._file.close()
        super().close()
