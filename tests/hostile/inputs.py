"""Configs and data made to do harm."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

Make = Callable[[Path, Path], Path]
"""Makes a file or folder below a folder; gets that, and the folder of secrets; returns what a command is given."""

_SOUND = """\
name: tiny
data:
  source: {shapes: {classes: [square, triangle], num_images: 60, size: 16}}
model:
  layers: [Flatten]
training: {epochs: 1}
"""


def _yaml(change: Callable[[str, Path], str]) -> Make:
    def make(folder: Path, home: Path) -> Path:
        path = folder / "hostile.yaml"
        path.write_text(change(_SOUND, home), encoding="utf-8")
        return path

    return make


def _more(text: str) -> Make:
    return _yaml(lambda sound, home: sound + text.replace("HOME", str(home)) + "\n")


def _source(text: str) -> Make:
    start, stop = _SOUND.index("{shapes"), _SOUND.index("\nmodel")
    return _yaml(lambda sound, home: sound[:start] + text.replace("HOME", str(home)) + sound[stop:])


def _layer(text: str) -> Make:
    return _yaml(lambda sound, home: sound.replace("[Flatten]", "[Flatten, " + text.replace("HOME", str(home)) + "]"))


def _bytes(name: str, content: bytes) -> Make:
    def make(folder: Path, home: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _made(name: str, make_it: Callable[[Path], object]) -> Make:
    def make(folder: Path, home: Path) -> Path:
        make_it(folder / name)
        return folder / name

    return make


_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
_TAGS = {
    "apply": "!!python/object/apply:os.system ['touch HOME/ran']",
    "new": "!!python/object/new:os.system ['touch HOME/ran']",
    "name": "!!python/name:os.system",
    "module": "!!python/module:this",
    "tuple state": "!!python/object/new:tuple [!!python/object/new:map [!!python/name:eval , ['1']]]",
    "subprocess": "!!python/object/apply:subprocess.Popen [[touch, HOME/ran]]",
}
CONFIGS: Mapping[str, Make] = MappingProxyType({
    **{f"tag {name}": _more(f"project: {tag}") for name, tag in _TAGS.items()},
    "alias bomb": _bytes("bomb.yaml", _BOMB.encode()),
    "deep": _bytes("deep.yaml", b"[" * 100_000),
    "binary": _bytes("binary.yaml", b"\x80\x04cos\nsystem\n"),
    "device": _made("device.yaml", lambda path: path.symlink_to("/dev/zero")),
    "pipe": _made("pipe.yaml", os.mkfifo),
    "extends a pipe": lambda folder, home: (os.mkfifo(folder / "p.yaml"), _more("extends: p.yaml")(folder, home))[1],
    "extends a device": _more("extends: /dev/zero"),
    "extends the network": _more("extends: 'http://127.0.0.1:9/base.yaml'"),
    "plug-in of the network": _more("plugins: ['http://127.0.0.1:9/plugin.py']"),
    "source of the network": _source("{csv: {path: 'gs://bucket/data.csv'}}"),
    "unknown layer by a dotted name": _layer("{keras.layers.Lambda: {function: os.system}}"),
    "layer of the old form": _layer("{class_name: Lambda, config: {function: os.system}}"),
    "dtype by class name": _layer("{Dense: {units: 2, dtype: {module: keras.layers, class_name: StringLookup, "
                                  "config: {vocabulary: HOME/vocabulary.txt}}}}"),
    "weights by class name": _layer("{Embedding: {input_dim: 2, output_dim: 2, weights: [{class_name: Lambda}]}}"),
    "activation by class name": _layer("{Dense: {units: 2, activation: {class_name: Lambda, config: {}}}}"),
    "activation by a dotted name": _layer("{Dense: {units: 2, activation: os.system}}"),
    "optimizer by class name": _more("optimizer: {module: os, class_name: system, config: {command: touch HOME/ran}}"),
    "loss by a dotted name": _more("loss: os.system"),
    "metric by class name": _more("metrics: [{class_name: Lambda, config: {}}]"),
})  # fmt: skip
"""Configs that ``train`` and ``validate`` refuse with 2, or 3 where a file of data is missing."""


class _Payload:
    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (self._command,)


def _npy(header: str, content: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def _pickled_npz(folder: Path, home: Path) -> Path:
    """NumPy unpickles arrays of objects where it may (CVE-2019-6446)."""
    payload = np.array([_Payload(f"touch {home}/ran")], dtype=object)
    np.savez(folder / "data.npz", images=payload, labels=payload)
    return folder / "data.npz"


def _npz(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def _pickle_as(name: str) -> Make:
    def make(folder: Path, home: Path) -> Path:
        (folder / name).write_bytes(pickle.dumps(_Payload(f"touch {home}/ran")))
        return folder / name

    return make


def _png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def _listed(name: str, content: bytes | None = None) -> Make:
    """A CSV with one image, which has `content` or is none of ours."""

    def make(folder: Path, home: Path) -> Path:
        written = name.replace("HOME", str(home))
        if content is not None:
            (folder / written).write_bytes(content)
        path = folder / "data.csv"
        path.write_text(f"filename,label\n{written},a\n{written},b\n")
        return path

    return make


def _special(make_it: Callable[[Path], object]) -> Make:
    def make(folder: Path, home: Path) -> Path:
        make_it(folder / "image.png")
        return _listed("image.png")(folder, home)

    return make


_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(touch ran) (w) file\n%%EOF\n"
_RECORD = struct.pack("<Q", 2**62) + b"\0\0\0\0"
DATA: Mapping[str, Make] = MappingProxyType({
    "npz of pickles": _pickled_npz,
    "pickle as npy": _pickle_as("data.npy"),
    "pickle as npz": _pickle_as("data.npz"),
    "pickle as csv": _pickle_as("data.csv"),
    "pickle as tfrecord": _pickle_as("data.tfrecord"),
    "npy header of code": _bytes("data.npz", _npz(
        images=_npy("{'descr': __import__('os').system('touch ran'), 'fortran_order': False, 'shape': (1,)}"),
        labels=_npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}", bytes(8)))),
    "npy of a terabyte": _bytes("data.npz", _npz(
        images=_npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1048576, 1024, 1024, 1)}"),
        labels=_npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}", bytes(8)))),
    "npy of subarrays": _bytes("data.npz", _npz(
        images=_npy("{'descr': ('|u1', (1073741824,)), 'fortran_order': False, 'shape': (1, 2, 2, 1)}"),
        labels=_npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}", bytes(8)))),
    "zip bomb": _bytes("data.npz", _npz(images=_npy(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 20000, 20000, 1)}", bytes(10**8)))),
    "zip with a road out": _bytes("data.npz", _npz(**{"../../escaped": b"x"})),
    "gzip bomb": _bytes("data.idx3-ubyte.gz", gzip.compress(struct.pack(">IIII", 0x803, 2**31 - 1, 1, 1))),
    "tfrecord of 4 EB": _bytes("data.tfrecord", _RECORD),
    "csv of one line": _bytes("data.csv", b"filename,label\n" + b"x" * 10**7),
    "csv that leads out": _listed("../home/vocabulary.txt"),
    "csv of absolute paths": _listed("HOME/vocabulary.txt"),
    "csv of a device": _listed("/dev/zero"),
    "csv of the network": _listed("http://127.0.0.1:9/image.png"),
    "pixel bomb": _listed("image.png", _png(65_000, 65_000)),
    "largest pixel bomb": _listed("image.png", _png(2**31 - 1, 2**31 - 1)),
    "EPS that runs Ghostscript": _listed("image.png", _EPS),
    "EPS by name": _listed("image.eps", _EPS),
    "pickle as an image": _listed("image.png", pickle.dumps(_Payload("touch ran"))),
    "SVG that reads a file": _listed(
        "image.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>'
    ),
    "FIFO as an image": _special(os.mkfifo),
    "device as an image": _special(lambda path: path.symlink_to("/dev/zero")),
    "link out as an image": _special(lambda path: path.symlink_to(path.parents[1] / "home" / "vocabulary.txt")),
    "FIFO as a CSV": _made("data.csv", os.mkfifo),
    "FIFO as npz": _made("data.npz", os.mkfifo),
    "FIFO as tfrecord": _made("data.tfrecord", os.mkfifo),
    "device as a CSV": _made("data.csv", lambda path: path.symlink_to("/dev/zero")),
    "SavedModel as data": lambda folder, home: _bytes("saved_model.pb", b"\x08\x01")(folder, home).parent,
})  # fmt: skip
"""Data that ``data pack`` and ``data info`` refuse with 3."""
