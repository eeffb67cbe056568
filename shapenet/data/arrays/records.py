"""The records of arrays: an image, a label and further values each, by position."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.arrays.files import StoredArray, array_names, find_array
from shapenet.data.arrays.values import UnpackingFolder, load, map_values, native
from shapenet.data.fieldnames import check_field_names
from shapenet.data.files.faults import shown
from shapenet.data.labelling import label_indices, unlabelled
from shapenet.data.pack import default_cache_dir
from shapenet.data.records import Arrays, UnreadableError, unlabelled_is_borne
from shapenet.data.regular import fingerprint_of
from shapenet.errors import DataError, Place, Problem
from shapenet.fields import Field

_CODE = "data/arrays"
_KEY_VERSION = "arrays-2"
_IMAGE_DTYPES = ("uint8", "uint16", "float32")
_CLASSES = "classes"


@dataclass(frozen=True)
class Form:
    """Which arrays become which fields.

    Attributes:
        image: Name of the array of images in an npz.
        label: Name of the array of labels in an npz.
        fields: Names of further arrays in an npz.
        columns: Names of arrays in an npz that are known of each record, for splitting and filtering.
        classes: Class names, if the user gives them.
    """

    image: str
    label: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    classes: tuple[str, ...] | None


class ArraysRecords:
    """Records of arrays in files; see `shapenet.data.records.Records`.

    What is not compressed is mapped, so that processes share it. What is compressed is
    unpacked once, when it is first read or sent to other processes, into a file in the cache
    that goes with this object; copies in other processes can read as long as it lives.

    Args:
        path: The npz, or the file of the images.
        labels: The file of the labels; None if they are in the npz or beside the images.
        form: Which arrays become which fields.

    Raises:
        ConfigError: A further array's name can't be a field's.
        DataError: A file is missing, cut or damaged, or an array has another form.
    """

    def __init__(self, path: Path, labels: Path | None, form: Form) -> None:
        check_field_names(form.fields, "fields")
        self.describe = str(path)
        images = find_array(path, form.image)
        label_array = _label_array(images, labels, form)
        self._arrays = {"image": images, **{name: find_array(path, name) for name in form.fields}}
        _check_image(images)
        _check_lengths(images, [*([label_array] if label_array else ()), *self._arrays.values()])
        self._folder: UnpackingFolder | None = None
        self._maps: dict[str, npt.NDArray[Any]] = {}
        self.fields: Mapping[str, Field] = {
            **{name: _field(array, images) for name, array in self._arrays.items()},
            "label": Field("int64", ()),
        }
        self.classes, self._labels = _labels(label_array, form) if label_array else unlabelled(len(self))
        self.key = _key((path, label_array.path if label_array else path), form, self.classes)
        self.warnings: tuple[str, ...] = ()
        self.columns: Mapping[str, Sequence[str]] = {
            name: _texts(find_array(path, name), images) for name in form.columns
        }

    def __len__(self) -> int:
        """Number of images."""
        return self._arrays["image"].shape[0]

    def __getstate__(self) -> dict[str, Any]:
        """What other processes get: arrays that they can map."""
        self._unpack()
        return {**self.__dict__, "_folder": None, "_maps": {}}

    def read(self, start: int, stop: int) -> Arrays:
        """The records from `start` up to `stop`; see `Records.read`.

        Raises:
            UnreadableError: Values are NaN or infinite.
            DataError: A compressed array proves damaged.
            MachineError: It can't be unpacked.
        """
        self._unpack()
        values: Arrays = {"label": self._labels[start:stop].copy()}
        faults: dict[int, Problem] = {}
        for name, array in self._arrays.items():
            if name not in self._maps:
                self._maps[name] = map_values(array)
            block = native(self._maps[name][start:stop])
            faults = {**_not_finite(array, block, start), **faults}
            field = self.fields[name]
            values[name] = block.astype(field.dtype, copy=False).reshape(len(block), *field.fixed_shape)
        if faults:
            raise UnreadableError(faults)
        return values

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all records, as indices into `classes`. Shape ``(len(self),)``."""
        return self._labels

    def name_of(self, index: int) -> str:
        """The file's name and the position in it."""
        return f"{Path(self.describe).name}[{index}]"

    def _unpack(self) -> None:
        for name, array in self._arrays.items():
            if array.packing != "none":
                self._folder = self._folder or UnpackingFolder(default_cache_dir() / "unpacked")
                self._arrays[name] = self._folder.unpack(array)


def _label_array(images: StoredArray, labels: Path | None, form: Form) -> StoredArray | None:
    """The array of labels; None where there is none and that is borne."""
    if labels is None and not images.member:
        labels = _labels_beside(images.path)
    elif labels is None and unlabelled_is_borne() and form.label not in array_names(images.path):
        return None
    return find_array(labels or images.path, form.label) if labels or images.member else None


def _labels_beside(path: Path) -> Path | None:
    """The file of the labels; None where there is none and that is borne."""
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if beside == path or not beside.exists():
        if unlabelled_is_borne():
            return None
        message = "expected a second file with the labels"
        looked = "" if beside == path else f"; there is no {beside.name}"
        raise DataError(_CODE, message + looked, place=Place(str(path)), hint="the source's `labels` names it")
    return beside


def _check_image(array: StoredArray) -> None:
    dtype, shape = np.dtype(array.dtype).name, array.shape
    if dtype not in _IMAGE_DTYPES or len(shape) not in (3, 4) or 0 in shape:
        expected = f"{', '.join(_IMAGE_DTYPES)} (n, height, width[, channels]) with at least one image"
        message = f"{shown(array.name)}: expected {expected}, received {dtype} {shape}"
        hint = "images.astype('float32') makes them fit" if np.dtype(array.dtype).kind == "f" else None
        raise DataError(_CODE, message, place=array.place, hint=hint)


def _check_lengths(images: StoredArray, others: Sequence[StoredArray]) -> None:
    for array in others:
        if array.shape[:1] != images.shape[:1]:
            received = f"{array.shape[0]:,}" if array.shape else "a single value"
            message = (
                f"{shown(array.name)}: expected {images.shape[0]:,} values, one for each image; received {received}"
            )
            raise DataError(_CODE, message, place=array.place)


def _field(array: StoredArray, images: StoredArray) -> Field:
    """What the array's values are as a field; pictures get an axis of channels."""
    dtype = np.dtype(array.dtype)
    if dtype.kind == "U":
        message = f"{shown(array.name)}: expected numbers, received text"
        raise DataError(_CODE, message, place=array.place)
    names = {"b": "uint8", "f": "float32"}
    name = dtype.name if dtype.name in _IMAGE_DTYPES else names.get(dtype.kind, "int64")
    shape = array.shape[1:]
    is_picture = len(shape) == 2 and shape == images.shape[1:3]
    return Field(name, (*shape, 1) if is_picture else shape)


def _labels(array: StoredArray, form: Form) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    dtype = np.dtype(array.dtype)
    if dtype.kind not in "iuU" or len(array.shape) not in (1, 2) or array.shape[1:] not in ((), (1,)):
        message = f"{shown(array.name)}: expected integers or text (n,), received {dtype.name} {array.shape}"
        hint = "labels.argmax(axis=1) makes integers of one-hot vectors" if len(array.shape) == 2 else None
        raise DataError(_CODE, message, place=array.place, hint=hint)
    values = load(array).reshape(-1)
    classes = form.classes
    if classes is None and dtype.kind != "U" and array.member and _CLASSES in array_names(array.path):
        classes = tuple(map(str, load(find_array(array.path, _CLASSES)).reshape(-1).tolist()))
    return label_indices(values, classes, place=array.place, where=lambda index: f"{array.name}[{index}]")


def _texts(array: StoredArray, images: StoredArray) -> list[str]:
    _check_lengths(images, [array])
    if np.dtype(array.dtype).kind not in "iuU" or len(array.shape) != 1:
        message = f"{shown(array.name)}: expected integers or text (n,), received {array.dtype} {array.shape}"
        raise DataError(_CODE, message, place=array.place)
    return list(map(str, load(array).tolist()))


def _not_finite(array: StoredArray, block: npt.NDArray[Any], start: int) -> dict[int, Problem]:
    if block.dtype.kind != "f":
        return {}
    finite = np.isfinite(block).all(axis=tuple(range(1, block.ndim)))
    return {
        start + int(position): Problem(
            "data/not-finite",
            f"{shown(array.name)}[{start + int(position)}]: expected finite numbers, received NaN or infinity",
            array.place,
        )
        for position in np.flatnonzero(~finite)
    }


def _key(paths: Sequence[Path], form: Form, classes: tuple[str, ...]) -> str:
    files = [fingerprint_of(path) for path in paths]
    return hashlib.sha256(repr((_KEY_VERSION, files, form, classes)).encode()).hexdigest()
