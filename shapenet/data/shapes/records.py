"""Shapes as records, drawn when they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from shapenet.data.records import Arrays
from shapenet.data.shapes.facts import Drawing
from shapenet.data.shapes.geometry import SHAPE_FORMS
from shapenet.data.shapes.names import FieldName
from shapenet.data.shapes.parameters import FieldNames, ShapesParameters
from shapenet.data.shapes.render import RENDER_VERSION, render_block, render_clean_into
from shapenet.data.shapes.streams import label_of
from shapenet.data.shapes.truth import draw_mask, main_visible_area
from shapenet.errors import ConfigError
from shapenet.fields import Field

_NEEDED: tuple[FieldName, ...] = ("image", "label")


class ShapesRecords:
    """Records with the fields that were asked for, whose images do not depend on which those are.

    ========== =========================== ========================================================
    image      uint8 ``(size, size, 3)``   the picture
    label      int64 ``()``                class of the main shape, the topmost and largest
    mask       uint8 ``(size, size, 1)``   0 background, 1 + class: see `truth.draw_mask`
    clean      uint8 ``(size, size, 3)``   the shapes alone: see `render.render_clean_into`
    labels     float32 ``(num_classes,)``  1 for every class that the image shows, 0 for the others
    centre     float32 ``(2,)``            x and y of the main shape's centre in pixels
    size       float32 ``()``              diameter of the circle around it in pixels
    angle      float32 ``()``              its rotation in degrees: see `facts.PlacedShape.angle`
    area       float32 ``()``              its visible area in square pixels
    traits     float32 ``(num_traits,)``   what varies within its class: see `facts.PlacedShape.traits`
    foreground float32 ``(3,)``            its red, green and blue, 0 to 255
    background float32 ``(3,)``            those of the background
    ========== =========================== ========================================================

    Args:
        parameters: What to draw.
        fields: The fields of each record, ``image`` and ``label`` among them.

    Attributes:
        parameters: The same.
        fields: As in `shapenet.data.records.Records`, and so are the others.
        classes: The shapes' names.
        key: Digest of the parameters, the fields and the version of the drawing code.
        describe: The classes and the seed, in words.

    Raises:
        ConfigError: A field is unknown, repeated or missing.
    """

    def __init__(self, parameters: ShapesParameters, fields: Sequence[FieldName] = _NEEDED) -> None:
        self.parameters = parameters
        known = _fields(parameters)
        self.fields: Mapping[str, Field] = {name: known[name] for name in _checked(fields)}
        self.classes: tuple[str, ...] = parameters.classes
        content = json.dumps([RENDER_VERSION, parameters.as_dict(), sorted(self.fields)], sort_keys=True)
        self.key = hashlib.sha256(content.encode()).hexdigest()
        self.describe = f"shapes ({', '.join(parameters.classes)}; seed {parameters.seed})"
        self.warnings: tuple[str, ...] = ()
        self.columns: Mapping[str, Sequence[str]] = {}

    def __len__(self) -> int:
        """Number of images."""
        return self.parameters.num_images

    def read(self, start: int, stop: int) -> Arrays:
        """Draw the images from `start` up to `stop`; see `Records.read`."""
        block = {name: np.empty((stop - start, *field.fixed_shape), field.dtype) for name, field in self.fields.items()}
        block["label"][:] = np.arange(start, stop) % len(self.classes)
        others = [name for name in self.fields if name not in _NEEDED]
        drawings = render_block(block["image"], self.parameters, start)
        if others:
            for offset, drawing in enumerate(drawings):
                for name in others:
                    _write_field(name, block[name], offset, drawing)
        return {**block}

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all images, int64 ``(num_images,)``."""
        return np.arange(len(self), dtype=np.int64) % len(self.classes)

    def name_of(self, index: int) -> str:
        """``shapes/CLASS/INDEX``."""
        return f"shapes/{self.classes[label_of(self.parameters, index)]}/{index:06d}"


def _fields(parameters: ShapesParameters) -> dict[str, Field]:
    side = parameters.size
    return {
        "image": Field("uint8", (side, side, 3)),
        "label": Field("int64", ()),
        "mask": Field("uint8", (side, side, 1)),
        "clean": Field("uint8", (side, side, 3)),
        "labels": Field("float32", (len(parameters.classes),)),
        "centre": Field("float32", (2,)),
        "size": Field("float32", ()),
        "angle": Field("float32", ()),
        "area": Field("float32", ()),
        "traits": Field("float32", (_num_traits(parameters),)),
        "foreground": Field("float32", (3,)),
        "background": Field("float32", (3,)),
    }


def _num_traits(parameters: ShapesParameters) -> int:
    """The most that any class has, but at least one, so that the field is there whatever the classes are."""
    return max(1, *(len(SHAPE_FORMS[name].traits) for name in parameters.classes))


def _checked(fields: Any) -> tuple[FieldName, ...]:
    try:
        names: tuple[FieldName, ...] = TypeAdapter(FieldNames).validate_python(fields, strict=True)
    except ValidationError as error:
        message = f"fields: {error.errors()[0]['msg']}, received {fields!r}"
        raise ConfigError("config/shapes", message, key=("fields",)) from None
    return names


def _write_field(name: str, values: npt.NDArray[Any], offset: int, drawing: Drawing) -> None:
    """Write one image's value of a field into a block's array."""
    if name == "mask":
        draw_mask(values[offset], drawing)
    elif name == "clean":
        render_clean_into(values[offset], drawing)
    elif name == "labels":
        values[offset] = 0
        values[offset][[shape.label for shape in drawing.shapes]] = 1
    elif name == "traits":
        traits = drawing.main.traits
        values[offset] = 0
        values[offset][: len(traits)] = traits
    else:
        values[offset] = _TARGETS[name](drawing)


_TARGETS: Mapping[str, Callable[[Drawing], Any]] = MappingProxyType(
    {
        "centre": lambda drawing: drawing.main.centre,
        "size": lambda drawing: drawing.main.size,
        "angle": lambda drawing: drawing.main.angle,
        "area": main_visible_area,
        "foreground": lambda drawing: drawing.main.foreground,
        "background": lambda drawing: drawing.background,
    }
)
