"""The names of the shapes and of what a source of them gives, light enough for a command's choices."""

from __future__ import annotations

from typing import Literal, get_args

ShapeName = Literal[
    "square", "triangle", "circle", "rectangle", "ellipse", "pentagon", "hexagon", "star", "cross", "ring"
]  # fmt: skip
"""A shape that can be drawn."""

SHAPES: tuple[ShapeName, ...] = get_args(ShapeName)
"""Every shape. A place in this list is part of what is drawn: add new ones at its end."""

FieldName = Literal[
    "image", "label", "mask", "clean", "labels", "centre", "size", "angle", "area", "traits", "foreground", "background"
]
"""A field that records of shapes can have."""
