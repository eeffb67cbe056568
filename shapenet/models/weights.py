"""The weights of a file, by layer: read as numbers and nothing else."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.errors import Place, RunError
from shapenet.models.safe_weights import check_objects

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Weights = dict[str, npt.NDArray[np.generic]]

_MOST_BYTES = 16 << 30


def read_weights(path: Path) -> dict[str, Weights]:
    """The arrays of each layer in a weights file of Keras's, ``*.weights.h5``.

    All of the file is looked at before anything of it is read; see `check_objects`.

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
            check_objects(file, path)
            return dict(_layers(file, path, ""))
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        message = f"expected a file of weights, received what can't be read: {reason}"
        raise RunError("run/weights", message, place=Place(str(path))) from error


def _unfit(path: Path, expected: str) -> RunError:
    return RunError("run/weights", f"expected {expected}", place=Place(str(path)))


def _layers(group: Any, path: Path, prefix: str) -> Iterator[tuple[str, Weights]]:
    """The layers of a model, and those of models in it."""
    import h5py

    container = group.get("layers")
    if not isinstance(container, h5py.Group):
        raise _unfit(path, "a weights file of Keras's, with a group named layers")
    for key, member in container.items():
        if not isinstance(member, h5py.Group):
            continue
        name = f"{prefix}{_name_of(member, key)}"
        if "layers" in member:
            yield from _layers(member, path, f"{name}/")
        elif arrays := dict(_arrays(member, path, "")):
            yield name, arrays


def _name_of(member: Any, key: str) -> str:
    name = member["vars"].attrs.get("name", key) if "vars" in member else key
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _arrays(group: Any, path: Path, road: str) -> Iterator[tuple[str, Any]]:
    import h5py

    for key, member in group.items():
        if isinstance(member, h5py.Group):
            yield from _arrays(member, path, f"{road}{key}/")
        elif member.dtype.kind == "V":
            raise _unfit(path, f"numbers of a type that NumPy has, received bfloat16: {member.name}")
        elif "seed_generator" not in road:
            yield f"{road}{key}", member[()]


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
