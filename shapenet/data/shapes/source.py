"""Registers the source ``shapes``."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shapenet.data.shapes.parameters import FieldNames, ShapesParameters
from shapenet.registry import REGISTRIES, Entry, signature_parameters

if TYPE_CHECKING:
    from shapenet.data.shapes.records import ShapesRecords


def shapes(*, fields: FieldNames = ("image", "label"), **config: Any) -> ShapesRecords:
    """Coloured shapes of ten classes at random places, drawn as they are read.

    Args:
        fields: What each record holds, ``image`` and ``label`` among it: ``mask`` and ``clean``
            are pictures too, ``labels`` tells every class that is there, ``centre``, ``size``,
            ``angle``, ``area``, ``traits`` and ``foreground`` are the main shape's, ``background``
            is the colour behind it. `ShapesRecords` has their types.
        **config: The fields of `ShapesParameters`, which has their types, ranges and defaults.

    Raises:
        ConfigError: Some values are wrong; all of them are named.
    """
    from shapenet.data.shapes.records import ShapesRecords

    return ShapesRecords(ShapesParameters(**config), fields)


REGISTRIES["source"].add(
    Entry(
        "shapes",
        shapes,
        MappingProxyType({**signature_parameters(ShapesParameters.__init__), **signature_parameters(shapes)}),
        origin="shapenet",
        summary="Coloured shapes of ten classes at random places, drawn as they are read.",
        described_in=(ShapesParameters,),
    )
)
