"""The weights of a file, by layer: read as numbers and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.errors import Place, RunError
from shapenet.rundir.hdf5 import open_arrays

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Weights = dict[str, npt.NDArray[np.generic]]

Shapes = dict[str, tuple[int, ...]]

_MOST_BYTES = 16 << 30


def layer_shapes(path: Path) -> dict[str, Shapes]:
    """The shapes of each layer's arrays in a weights file of Keras's, ``*.weights.h5``; none of them is read.

    Args:
        path: The file, which may come from a stranger: see `shapenet.rundir.hdf5`.

    Returns:
        For each layer, by its name as `named_layers` gives it, the shapes of its arrays
        by their road in the layer. States of random numbers are left out.

    Raises:
        RunError: It is missing, no regular file, too large, no weights file, or leads elsewhere.
    """
    with open_arrays(path, None, _MOST_BYTES) as (file, _):
        return {
            name: {road: tuple(array.shape) for road, array in arrays.items()} for name, arrays in _layers(file, path)
        }


def read_layers(path: Path, names: Collection[str]) -> dict[str, Weights]:
    """The arrays of some layers in a weights file of Keras's; no others are read.

    Args:
        path: The file.
        names: The layers, as `layer_shapes` names them.

    Raises:
        RunError: As there.
    """
    with open_arrays(path, None, _MOST_BYTES) as (file, _):
        return {
            name: {road: _as_numbers(array[()]) for road, array in arrays.items()}
            for name, arrays in _layers(file, path)
            if name in names
        }


def _layers(group: Any, path: Path, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The layers of a model, and those of models in it, with the arrays of each by road; nothing is read."""
    import h5py

    container = group.get("layers")
    if not isinstance(container, h5py.Group):
        message = "expected a weights file of Keras's, with a group named layers"
        raise RunError("run/weights", message, place=Place(str(path)))
    for key, member in container.items():
        if not isinstance(member, h5py.Group):
            continue
        name = f"{prefix}{_name_of(member, key)}"
        if (within := _network(member)) is not None:
            yield from _layers(within, path, f"{name}/")
        elif arrays := dict(_arrays(member, "")):
            yield name, arrays


def _network(member: Any) -> Any:
    """The model that a layer is, or has within it as a `Backbone` does; None for other layers."""
    return next((one for one in (member, member.get("model")) if one is not None and "layers" in one), None)


def _name_of(member: Any, key: str) -> str:
    name = member["vars"].attrs.get("name", key) if "vars" in member else key
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _arrays(group: Any, road: str) -> Iterator[tuple[str, Any]]:
    import h5py

    for key, member in group.items():
        if isinstance(member, h5py.Group):
            yield from _arrays(member, f"{road}{key}/")
        elif "seed_generator" not in road:
            yield f"{road}{key}", member


def _as_numbers(values: Any) -> Any:
    """HDF5 knows no bfloat16, and gives two bytes without meaning: they are the upper ones of float32."""
    import numpy as np

    return (values.view(np.uint16).astype(np.uint32) << 16).view(np.float32) if values.dtype.kind == "V" else values


def assign_weights(model: Any, weights: Mapping[str, Weights], folder: Path) -> None:
    """Give layers of a model other weights.

    Args:
        model: A built ``keras.Model``.
        weights: For each layer that changes all of its arrays, of their shapes, as `read_layers` gives them.
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


def _overwrite(group: Any, weights: Mapping[str, Weights], prefix: str) -> None:
    import keras

    for member in group["layers"].values():
        name = f"{prefix}{member['vars'].attrs.get('name', '')}"
        if (within := _network(member)) is not None:
            _overwrite(within, weights, f"{name}/")
        for road, values in weights.get(name, {}).items():
            array = member[road]
            if array.dtype.kind == "V":
                array[...] = keras.ops.convert_to_numpy(keras.ops.cast(values, "bfloat16")).view(array.dtype)
            else:
                array[...] = values


def own_shapes(model: Any, folder: Path) -> dict[str, Shapes]:
    """The shapes of the weights that a model has, in the form of `layer_shapes`.

    Args:
        model: A built ``keras.Model``.
        folder: Takes a file meanwhile.
    """
    path = folder / "own.weights.h5"
    try:
        model.save_weights(path)
        return layer_shapes(path)
    finally:
        path.unlink(missing_ok=True)
