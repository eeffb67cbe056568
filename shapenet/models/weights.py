"""The weights of a file, by layer: read as numbers and nothing else."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.errors import Place, RunError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Weights = dict[str, npt.NDArray[np.generic]]

_MOST_BYTES = 16 << 30
_DEEPEST = 32
_MOST_ENTRIES = 200_000


def read_weights(path: Path) -> dict[str, Weights]:
    """The arrays of each layer in a weights file of Keras's, ``*.weights.h5``.

    Only what stands in the file itself is read: links to other files, and arrays that are kept in
    others, are refused.

    Args:
        path: The file.

    Returns:
        For each layer, by its name (``outer/inner`` in a model within the model), its arrays by their
        road in the layer. States of random numbers are left out.

    Raises:
        RunError: It is missing, no regular file, too large, no weights file, or leads elsewhere.
    """
    import h5py

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            raise _unfit(path, f"a regular file of at most {_MOST_BYTES >> 30} GiB")
        with h5py.File(path, "r") as file:
            return _Reader(path).layers(file)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        message = f"expected a file of weights, received what can't be read: {reason}"
        raise RunError("run/weights", message, place=Place(str(path))) from error


def _unfit(path: Path, expected: str) -> RunError:
    return RunError("run/weights", f"expected {expected}", place=Place(str(path)))


class _Reader:
    """Walks through one file.

    Args:
        path: The file, for errors.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes_left = _MOST_BYTES
        self._entries_left = _MOST_ENTRIES

    def layers(self, group: Any, prefix: str = "", depth: int = 0) -> dict[str, Weights]:
        """The layers of a model, and those of models in it."""
        import h5py

        found: dict[str, Weights] = {}
        container = self._member(group, "layers") if "layers" in group else None
        if not isinstance(container, h5py.Group):
            raise _unfit(self._path, "a weights file of Keras's, with a group named layers")
        for key in container:
            member = self._member(container, key)
            if not isinstance(member, h5py.Group):
                continue
            name = f"{prefix}{self._name_of(member, key)}"
            if "layers" in member and depth < _DEEPEST:
                found.update(self.layers(member, f"{name}/", depth + 1))
            elif arrays := dict(self._arrays(member, "", 0)):
                found[name] = arrays
        return found

    def _name_of(self, member: Any, key: str) -> str:
        variables = self._member(member, "vars") if "vars" in member else None
        name = variables.attrs.get("name", key) if variables is not None else key
        return name.decode(errors="replace") if isinstance(name, bytes) else str(name)

    def _arrays(self, group: Any, road: str, depth: int) -> Iterator[tuple[str, Any]]:
        import h5py

        if depth > _DEEPEST:
            raise _unfit(self._path, f"groups at most {_DEEPEST} deep")
        for key in group:
            member = self._member(group, key)
            if isinstance(member, h5py.Group):
                yield from self._arrays(member, f"{road}{key}/", depth + 1)
            elif "seed_generator" not in road:
                self._bytes_left -= member.nbytes
                if self._bytes_left < 0:
                    raise _unfit(self._path, f"at most {_MOST_BYTES >> 30} GiB of weights")
                yield f"{road}{key}", member[()]

    def _member(self, group: Any, key: str) -> Any:
        """A member of a group that stands in this very file and holds numbers."""
        import h5py

        self._entries_left -= 1
        if self._entries_left < 0:
            raise _unfit(self._path, f"at most {_MOST_ENTRIES:,} entries")
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise _unfit(self._path, f"no links to elsewhere, received one: {key}")
        member = group[key]
        if isinstance(member, h5py.Dataset) and (
            member.external or member.is_virtual or member.dtype.kind not in "fiub" or member.shape is None
        ):
            raise _unfit(self._path, f"numbers in the file itself, received others: {key}")
        return member


def assign_weights(model: Any, weights: dict[str, Weights], folder: Path) -> None:
    """Give layers of a model other weights.

    Args:
        model: A built ``keras.Model``.
        weights: For each layer that changes all of its arrays, of their shapes, as `read_weights` gives them.
        folder: Takes a file meanwhile.

    Raises:
        OSError: The disk is full, the folder is read-only, and the like.
    """
    import h5py

    path = folder / "initial.weights.h5"
    try:
        model.save_weights(path)
        with h5py.File(path, "r+") as file:
            _overwrite(file, weights, "")
        model.load_weights(path)
    finally:
        path.unlink(missing_ok=True)


def _overwrite(group: Any, weights: dict[str, Weights], prefix: str) -> None:
    for member in group["layers"].values():
        name = f"{prefix}{member['vars'].attrs.get('name', '')}"
        if "layers" in member:
            _overwrite(member, weights, f"{name}/")
        for road, values in weights.get(name, {}).items():
            member[road][...] = values


def own_weights(model: Any, folder: Path) -> dict[str, Weights]:
    """The weights that a model has, in the form of `read_weights`.

    Args:
        model: A built ``keras.Model``.
        folder: Takes a file meanwhile.
    """
    path = folder / "own.weights.h5"
    try:
        model.save_weights(path)
        return read_weights(path)
    finally:
        path.unlink(missing_ok=True)
