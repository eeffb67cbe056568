"""Weights files made to do harm: each is a sound one, changed as a public advisory describes."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import h5py
import numpy as np

Spoil = Callable[[Path, Path], None]
"""Changes a sound weights file; gets the file, and a secret file outside its folder."""


def secret_h5(folder: Path) -> Path:
    """A file of HDF5 outside of what is loaded, which weights try to read."""
    path = folder / "secret.h5"
    with h5py.File(path, "w") as file:
        file["kernel"] = np.full((4, 3), 42.0, np.float32)
        file.create_group("layers/dense/vars")["0"] = np.full((4, 3), 42.0, np.float32)
    return path


def _first(file: h5py.File) -> tuple[h5py.Group, str]:
    """The group and the name of the first array of a layer."""
    found: list[str] = []
    file["layers"].visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    group, _, name = f"layers/{found[0]}".rpartition("/")
    return file[group], name


def _replaced(path: Path, put: Callable[[h5py.Group, str, h5py.Dataset], None]) -> None:
    with h5py.File(path, "r+") as file:
        group, name = _first(file)
        old = group[name]
        del group[name]
        put(group, name, old)


def external_link(path: Path, secret: Path) -> None:
    """CVE-2026-1669: an array that is a link to another file's."""
    _replaced(path, lambda group, name, old: group.__setitem__(name, h5py.ExternalLink(str(secret), "/kernel")))


def external_link_in_between(path: Path, secret: Path) -> None:
    """keras#23163: the group above an array is the link."""
    with h5py.File(path, "r+") as file:
        parent = file["layers"]
        name = next(name for name in parent if len(parent[name]["vars"]))
        del parent[name]
        parent[name] = h5py.ExternalLink(str(secret), "/layers/dense")


def external_root(path: Path, secret: Path) -> None:
    """keras#22900: all layers are in another file."""
    with h5py.File(path, "r+") as file:
        del file["layers"]
        file["layers"] = h5py.ExternalLink(str(secret), "/layers")


def soft_link(path: Path, secret: Path) -> None:
    """keras#22899: an array that is a link within the file."""
    _replaced(path, lambda group, name, old: group.__setitem__(name, h5py.SoftLink("/layers")))


def external_storage(path: Path, secret: Path) -> None:
    """CVE-2026-1669: the bytes of an array are any other file's."""

    def put(group: h5py.Group, name: str, old: h5py.Dataset) -> None:
        external = [(str(secret), 0, h5py.h5f.UNLIMITED)]
        group.create_dataset(name, shape=old.shape, dtype="f4", external=external)

    _replaced(path, put)


def virtual_dataset(path: Path, secret: Path) -> None:
    """keras#22976: an array mapped from another file."""

    def put(group: h5py.Group, name: str, old: h5py.Dataset) -> None:
        layout = h5py.VirtualLayout(shape=(4, 3), dtype="f4")
        layout[:] = h5py.VirtualSource(str(secret), "kernel", shape=(4, 3))
        group.create_virtual_dataset(name, layout)

    _replaced(path, put)


def shape_bomb(path: Path, secret: Path) -> None:
    """CVE-2026-0897: an array that declares 4 TB and holds nothing."""
    _replaced(path, lambda group, name, old: group.create_dataset(name, shape=(2**20, 2**20), dtype="f4", chunks=True))


def small_shape_bomb(path: Path, secret: Path) -> None:
    """Just below 4 GiB, where Keras 3.15 does not look."""
    _replaced(path, lambda group, name, old: group.create_dataset(name, shape=(2**30 - 1,), dtype="f4", chunks=True))


def late_bomb(path: Path, secret: Path) -> None:
    """The same without chunks: HDF5 allocates only what is written."""
    _replaced(path, lambda group, name, old: group.create_dataset(name, shape=(2**30 - 1,), dtype="f4"))


def compressed_bomb(path: Path, secret: Path) -> None:
    """Half a gigabyte of zeros in some hundred kilobytes."""

    def put(group: h5py.Group, name: str, old: h5py.Dataset) -> None:
        data = group.create_dataset(name, (2**27,), "f4", chunks=(2**22,), compression="gzip", compression_opts=9)
        chunk = zlib.compress(bytes(2**24), 9)
        for start in range(0, 2**27, 2**22):
            data.id.write_direct_chunk((start,), chunk)

    _replaced(path, put)


def object_array(path: Path, secret: Path) -> None:
    """Texts of any length in place of numbers."""
    _replaced(path, lambda group, name, old: group.__setitem__(name, ["import os", "x" * 100_000]))


def references(path: Path, secret: Path) -> None:
    """An array of references to objects."""

    def put(group: h5py.Group, name: str, old: h5py.Dataset) -> None:
        group.create_dataset(name, data=np.array([group.ref] * 3, dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)

    _replaced(path, put)


def circle(path: Path, secret: Path) -> None:
    """A group that is in itself."""
    with h5py.File(path, "r+") as file:
        file["layers/again"] = file["layers"]


def same_array_often(path: Path, secret: Path) -> None:
    """A thousand names of one array."""
    with h5py.File(path, "r+") as file:
        group, name = _first(file)
        for number in range(1000):
            group[f"more{number}"] = group[name]


def deep(path: Path, secret: Path) -> None:
    """Groups in groups, a thousand deep."""
    with h5py.File(path, "r+") as file:
        file.create_group("layers/" + "/".join("g" * 1000))


def many_arrays(path: Path, secret: Path) -> None:
    """Arrays of a shape that no layer has."""
    with h5py.File(path, "r+") as file:
        for number in range(50):
            file[f"layers/more/vars/{number}"] = np.zeros(17, np.float32)


def other_shape(path: Path, secret: Path) -> None:
    """An array of another shape than the layer's."""
    _replaced(path, lambda group, name, old: group.__setitem__(name, np.zeros((7, 5), np.float32)))


def pickled_attribute(path: Path, secret: Path) -> None:
    """A pickle in an attribute, as large as attributes may be."""
    with h5py.File(path, "r+") as file:
        file.attrs["config"] = np.void(b"\x80\x04cos\nsystem\n(S'touch ran'\ntR." * 1000)


def oversized(path: Path, secret: Path) -> None:
    """A terabyte of nothing behind the content."""
    with path.open("r+b") as file:
        file.truncate(2**40)


def cut(path: Path, secret: Path) -> None:
    """The first half."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def not_hdf5(path: Path, secret: Path) -> None:
    """A pickle by the name of weights."""
    path.write_bytes(b"\x80\x04cposix\nsystem\n(S'touch ran'\ntR.")


def pickled_model(path: Path, secret: Path) -> None:
    """A whole model of the old format with a Lambda (CVE-2024-3660, CVE-2025-9905)."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = '{"class_name": "Lambda", "config": {"function": ["4wEAAA==", null, null]}}'
        file.create_group("model_weights").attrs["layer_names"] = ["lambda"]


def keras_archive(path: Path, secret: Path) -> None:
    """A .keras archive by the name of weights (CVE-2025-1550, CVE-2025-8747)."""
    import zipfile

    config = '{"module": "os", "class_name": "system", "config": {"command": "touch ran"}, "registered_name": "system"}'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("../../escaped", "x")
        archive.writestr("metadata.json", "{}")


def link_out(path: Path, secret: Path) -> None:
    """A link to a file elsewhere."""
    path.unlink()
    path.symlink_to(secret)


def pipe(path: Path, secret: Path) -> None:
    """A named pipe that nobody writes to."""
    import os

    path.unlink()
    os.mkfifo(path)


def device(path: Path, secret: Path) -> None:
    """A link to a device without an end."""
    path.unlink()
    path.symlink_to("/dev/zero")


def folder(path: Path, secret: Path) -> None:
    """A folder by the name of weights."""
    path.unlink()
    path.mkdir()


def link_to_itself(path: Path, secret: Path) -> None:
    """A link that goes in a circle."""
    path.unlink()
    path.symlink_to(path.name)


_ALL = (
    external_link, external_link_in_between, external_root, soft_link, external_storage, virtual_dataset, shape_bomb,
    small_shape_bomb, late_bomb, compressed_bomb, object_array, references, circle, same_array_often, deep,
    many_arrays, other_shape, pickled_attribute, oversized, cut, not_hdf5, pickled_model, keras_archive, link_out,
    pipe, device, folder, link_to_itself,
)  # fmt: skip
SPOILED: Mapping[str, Spoil] = MappingProxyType({spoil.__name__: spoil for spoil in _ALL})


def spoiled_copy(sound: Path, name: str, folder: Path) -> Path:
    """A copy of a sound weights file below `folder`, spoiled; what it should not reach lies beside that."""
    home = folder / "home"
    home.mkdir()
    secret = secret_h5(home)
    (folder / "checkpoint").mkdir()
    path = folder / "checkpoint" / "model.weights.h5"
    shutil.copy(sound, path)
    SPOILED[name](path, secret)
    return path
