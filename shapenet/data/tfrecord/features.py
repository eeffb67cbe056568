"""Features of a record as fields: encoded images, raw pixels and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Field
from shapenet.data.tfrecord.example import Example
from shapenet.data.tfrecord.images import Decoding, decode
from shapenet.errors import DataError, did_you_mean

RAW_DTYPES = ("uint8", "uint16", "float32", "int64")
"""Types that raw values may have."""

_MAX_SIDES = 4


@dataclass(frozen=True)
class Raw:
    """How a byte string of raw values is laid out, little-endian, the last axis varying fastest.

    Attributes:
        shape: For each axis the name of the feature that has its length, or the length;
            None if the feature ``NAME/shape`` has them all.
        dtype: Type of a value; None if the feature ``NAME/dtype`` has its name, else uint8.
    """

    shape: tuple[str | int, ...] | None = None
    dtype: str | None = None


@dataclass(frozen=True)
class Layout:
    """How one feature becomes a field.

    Attributes:
        feature: The feature's name.
        kind: ``encoded``: an image file; ``raw``: bytes of values; ``numbers``: a list.
        field: The field that it becomes.
        raw: How raw values are laid out.
        decoding: How an encoded image is decoded.
    """

    feature: str
    kind: Literal["encoded", "raw", "numbers"]
    field: Field
    raw: Raw
    decoding: Decoding

    def value(self, example: Example) -> npt.NDArray[Any]:
        """The field's value in a record.

        Raises:
            DataError: The feature is missing, damaged or of another form. The error has no place.
        """
        value = _value(example, self)
        if not self.field.fits(value):
            expected, received = f"{self.field.dtype} {self.field.shape}", f"{value.dtype} {value.shape}"
            message = f"{self.feature}: expected {expected} as in the first record, received {received}"
            raise DataError("data/tfrecord-feature", message)
        return value


def find_layout(example: Example, feature: str, raw: Raw | None, decoding: Decoding, *, is_image: bool) -> Layout:
    """How a feature becomes a field, told from the first record.

    Args:
        example: The first record.
        feature: The feature's name.
        raw: How raw bytes are laid out, if the user says so.
        decoding: How an encoded image is decoded.
        is_image: Whether it must be an image, with height, width and channels.

    Raises:
        DataError: The feature is missing, damaged or no image. The error has no place.
    """
    values = _values(example, feature)
    kind: Literal["encoded", "raw", "numbers"] = "numbers"
    if isinstance(values[0], bytes):
        kind = "raw" if raw is not None or example.numbers(f"{feature}/shape") is not None else "encoded"
    layout = Layout(feature, kind, Field("uint8", ()), raw or Raw(), decoding)
    value = _value(example, layout)
    if is_image and (value.ndim != 3 or 0 in value.shape):
        message = f"{feature}: expected an image, encoded or with its shape; received {value.dtype} {value.shape}"
        hint = "the source's `shape` gives height, width and channels of raw pixels"
        raise DataError("data/tfrecord-feature", message, hint=hint)
    if kind == "encoded":  # an image like the first has its channels
        decoding = replace(decoding, color="gray" if value.shape[2] == 1 else "rgb")
    return replace(layout, field=Field(value.dtype.name, value.shape), decoding=decoding)


def _value(example: Example, layout: Layout) -> npt.NDArray[Any]:
    values = _values(example, layout.feature)
    if isinstance(values[0], bytes):
        if layout.kind == "numbers" or len(values) != 1:
            message = f"{layout.feature}: expected {_wanted(layout)}, received {len(values):,} byte strings"
            raise DataError("data/tfrecord-feature", message)
        return decode(values[0], layout.decoding) if layout.kind == "encoded" else _raw(example, layout, values[0])
    if layout.kind != "numbers":
        raise DataError("data/tfrecord-feature", f"{layout.feature}: expected {_wanted(layout)}, received numbers")
    array = np.array(values, np.int64 if isinstance(values[0], int) else np.float32)
    return array.reshape(()) if array.size == 1 else array


def _wanted(layout: Layout) -> str:
    return "numbers" if layout.kind == "numbers" else "one byte string"


def _values(example: Example, feature: str) -> Sequence[Any]:
    values = example.get(feature)
    if values is None:
        names = example.names
        message = f"expected the feature {feature!r}, found {', '.join(names) or 'none'}"
        raise DataError("data/tfrecord-feature", message, hint=did_you_mean(feature, names))
    return values


def _raw(example: Example, layout: Layout, data: bytes) -> npt.NDArray[Any]:
    shape = _shape(example, layout)
    name = layout.raw.dtype or (example.text(f"{layout.feature}/dtype") or b"uint8").decode("utf-8", "replace")
    if name not in RAW_DTYPES:
        message = f"{layout.feature}/dtype: expected {', '.join(RAW_DTYPES)}; received {name!r}"
        raise DataError("data/tfrecord-feature", message)
    dtype = np.dtype(name)
    expected = math.prod(shape) * dtype.itemsize
    if len(data) != expected:
        message = f"{layout.feature}: expected {expected:,} bytes for {name} {shape}, received {len(data):,}"
        hint = "if it is an encoded image, leave the source's `shape` out" if layout.raw.shape else None
        raise DataError("data/tfrecord-feature", message, hint=hint)
    values: npt.NDArray[Any] = np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)
    if dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError("data/not-finite", f"{layout.feature}: expected finite numbers, received NaN or infinity")
    return values[:, :, None] if values.ndim == 2 else values


def _shape(example: Example, layout: Layout) -> tuple[int, ...]:
    given = layout.raw.shape
    if given is None:
        sides = list(example.numbers(f"{layout.feature}/shape") or ())
    else:
        sides = [side if isinstance(side, int) else _side(example, side) for side in given]
    if len(sides) > _MAX_SIDES or any(not isinstance(side, int) or side < 1 for side in sides):
        message = f"{layout.feature}: expected at most {_MAX_SIDES} sides of at least 1, received {sides}"
        raise DataError("data/tfrecord-feature", message)
    return tuple(int(side) for side in sides)


def _side(example: Example, feature: str) -> int | float:
    values = example.numbers(feature)
    if values is None or len(values) != 1:
        message = (
            f"expected one number in the feature {feature!r}, received {'none' if values is None else len(values)}"
        )
        raise DataError("data/tfrecord-feature", message, hint=did_you_mean(feature, example.names))
    return values[0]
