"""Features of a record as fields: encoded images, raw pixels and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import read_header
from shapenet.data.images.mask import decode_mask
from shapenet.data.images.options import ImageOptions, resolve
from shapenet.data.tfrecord.example import Example
from shapenet.errors import DataError, did_you_mean
from shapenet.fields import Field

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
class Asked:
    """What the user says about a feature.

    Attributes:
        kind: ``image``, with height, width and channels; ``mask``: the same, whose pixels are
            numbers of classes; ``any``: whatever it is.
        options: How to decode it if it is an image file.
        any_size: Whether heights and widths may vary.
        raw: How raw bytes are laid out; None if the record says so itself.
    """

    kind: Literal["image", "mask", "any"]
    options: ImageOptions
    any_size: bool = False
    raw: Raw | None = None


@dataclass(frozen=True)
class Layout:
    """How one feature becomes a field.

    Attributes:
        feature: The feature's name.
        form: ``image`` and ``mask``: an image file; ``raw``: bytes of values; ``numbers``: a list.
        field: The field that it becomes.
        raw: How raw values are laid out.
        options: How an image file is decoded, resolved.
    """

    feature: str
    form: Literal["image", "mask", "raw", "numbers"]
    field: Field
    raw: Raw
    options: ImageOptions

    def value(self, example: Example) -> npt.NDArray[Any]:
        """The field's value in a record.

        Raises:
            DataError: The feature is missing, damaged or of another form. The error has no place.
        """
        value = _value(example, self)
        if not self.field.fits(value):
            expected, received = (
                f"{self.field.dtype} {_sides(self.field.shape)}",
                f"{value.dtype} {_sides(value.shape)}",
            )
            message = f"{self.feature}: expected {expected} as in the first record, received {received}"
            hint = "`size` in the source resizes all images; `size: any` lets them differ" if value.ndim == 3 else None
            raise DataError("data/tfrecord-feature", message, hint=hint)
        return value


def find_layout(example: Example, feature: str, asked: Asked) -> Layout:
    """How a feature becomes a field, told from the first record.

    Args:
        example: The first record.
        feature: The feature's name.
        asked: What the user says about it.

    Raises:
        DataError: The feature is missing, damaged or no image where it must be one. The error
            has no place.
    """
    values = _values(example, feature)
    form, options = _form(example, feature, asked)
    if form in ("image", "mask"):
        header = read_header(values[0])
        if form == "mask":
            options = replace(options, color="gray", dtype="uint8" if header.bits <= 8 else "uint16")
        else:
            options = resolve(options, header)
    layout = Layout(feature, form, Field("uint8", ()), asked.raw or Raw(), options)
    value = _value(example, layout)
    is_picture = value.ndim == 3 and 0 not in value.shape
    if asked.kind != "any" and not is_picture:
        message = f"{feature}: expected an image, as a file or with its shape; received {value.dtype} {value.shape}"
        hint = "the source's `raw_shape` gives height, width and channels of raw values"
        raise DataError("data/tfrecord-feature", message, hint=hint)
    if form == "raw" and asked.kind == "image" and options.size is not None:
        message = f"{feature}: expected image files, which `size` resizes; received raw values"
        raise DataError("data/tfrecord-feature", message, hint="leave `size` out")
    shape: tuple[int | None, ...] = (None, None, value.shape[2]) if asked.any_size and is_picture else value.shape
    return replace(layout, field=Field(value.dtype.name, shape))


def _form(example: Example, feature: str, asked: Asked) -> tuple[Any, ImageOptions]:
    if not isinstance(_values(example, feature)[0], bytes):
        return "numbers", asked.options
    if asked.raw is not None or example.numbers(f"{feature}/shape") is not None:
        return "raw", asked.options
    return ("mask" if asked.kind == "mask" else "image"), asked.options


def _value(example: Example, layout: Layout) -> npt.NDArray[Any]:
    values = _values(example, layout.feature)
    if not isinstance(values[0], bytes):
        if layout.form != "numbers":
            raise DataError("data/tfrecord-feature", f"{layout.feature}: expected one byte string, received numbers")
        array = np.array(values, np.int64 if isinstance(values[0], int) else np.float32)
        return array.reshape(()) if array.size == 1 else array
    if layout.form == "numbers" or len(values) != 1:
        expected = "numbers" if layout.form == "numbers" else "one byte string"
        message = f"{layout.feature}: expected {expected}, received {len(values):,} byte strings"
        raise DataError("data/tfrecord-feature", message)
    if layout.form == "raw":
        return _raw(example, layout, values[0])
    return (decode_mask if layout.form == "mask" else decode_image)(values[0], layout.options)


def _sides(shape: Sequence[int | None]) -> str:
    return " x ".join("any" if side is None else str(side) for side in shape) or "number"


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
        hint = "if it is an encoded image, leave the source's `raw_shape` out" if layout.raw.shape else None
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
