"""Fuzzing cases of arrays and TFRecord shards: damage anywhere gives errors of data only, with their place."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from shapenet.data.arrays.source import arrays
from shapenet.data.png import encode_png
from shapenet.data.records import Records
from shapenet.data.tfrecord.example import example_bytes
from shapenet.data.tfrecord.framing import frame_bytes
from shapenet.data.tfrecord.source import tfrecord
from shapenet.errors import DataError
from tests.fuzz.mutate import mutated


def arrays_case(number: int, folder: Path) -> None:
    """Damage one file of images or labels in any form, then open it and read all of it."""
    rng = random.Random(f"arrays {number}")  # noqa: S311
    name, content = rng.choice(_sound_arrays())
    files = dict(_sound_arrays())
    for other in ("labels.npy", "labels-idx1"):
        (folder / other).write_bytes(files[other])
    (folder / name).write_bytes(mutated(content, rng))
    labels = folder / (name if name.startswith("labels") else "labels.npy")
    images = folder / (name if not name.startswith("labels") else "images.npy")
    if not images.exists():
        images.write_bytes(files[images.name])
    if name.endswith(".npz"):
        _read_all(lambda: arrays(path=images, fields=("mask",), columns=("site",)))
    else:
        _read_all(lambda: arrays(path=images, labels=labels))


def tfrecord_case(number: int, folder: Path) -> None:
    """Damage a record behind sound checksums, or a whole shard, then open it and read all of it."""
    rng = random.Random(f"tfrecord {number}")  # noqa: S311
    record = _sound_record()
    if rng.random() < 0.6:
        content = frame_bytes(record) * rng.randrange(2) + frame_bytes(mutated(record, rng))
    else:
        pack = rng.choice((bytes, gzip.compress, zlib.compress))
        content = mutated(pack(frame_bytes(record) * 3), rng)
    path = folder / "data.tfrecord"
    path.write_bytes(content)
    raw_shape = rng.choice((None, None, None, ["h", 6, 3]))
    _read_all(lambda: tfrecord(path=path, fields=("box", "raw"), masks=("mask",), columns=("h",), raw_shape=raw_shape))


def _read_all(open_source: Callable[[], Records]) -> None:
    try:
        records = open_source()
        records.read(0, len(records))
    except DataError as error:
        if any(problem.place is None for problem in error.problems):
            raise AssertionError(f"an error without its place: {error}") from error


@cache
def _images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3), np.uint8)


@cache
def _sound_arrays() -> tuple[tuple[str, bytes], ...]:
    """Names and contents of files in every form."""
    images, labels = _images(), np.array([0, 1, 0, 1])
    further = {"labels": labels, "mask": images[..., 0], "site": np.array(list("abcd"))}
    idx = struct.pack(">BBBB4I", 0, 0, 8, 4, *images.shape) + images.tobytes()
    return (
        ("plain.npz", _saved(np.savez, images=images.astype(np.float32), classes=np.array(["x", "y"]), **further)),
        ("packed.npz", _saved(np.savez_compressed, images=images, **further)),
        ("images.npy", _saved(np.save, arr=images)),
        ("labels.npy", _saved(np.save, arr=labels)),
        ("images-idx3", idx),
        ("images-idx3.gz", gzip.compress(idx)),
        ("labels-idx1", struct.pack(">BBBBI", 0, 0, 8, 1, 4) + labels.astype(np.uint8).tobytes()),
    )


def _saved(save: Callable[..., None], **given: object) -> bytes:
    buffer = io.BytesIO()
    save(buffer, **given)
    return buffer.getvalue()


@cache
def _sound_record() -> bytes:
    image = _images()[0]
    features = {
        "image": [encode_png(image)], "label": [1], "label/text": [b"y"], "box": [0.5, 0.25], "h": [5],
        "mask": [encode_png(image[..., 0])], "raw": [image.tobytes()], "raw/shape": [5, 6, 3], "raw/dtype": [b"uint8"],
    }  # fmt: skip
    return example_bytes(features)
