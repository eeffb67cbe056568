"""Registers the source ``shapes``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.registry import REGISTRIES, Entry, signature_parameters

if TYPE_CHECKING:
    from shapenet.data.shapes.records import ShapesRecords


def shapes(**config: Any) -> ShapesRecords:
    """Coloured shapes of ten classes at random places, drawn as they are read.

    Args:
        **config: The fields of `ShapesParameters`, which has their types, ranges and defaults.

    Raises:
        ConfigError: Some values are wrong; all of them are named.
    """
    from shapenet.data.shapes.records import ShapesRecords

    return ShapesRecords(ShapesParameters(**config))


REGISTRIES["source"].add(
    Entry(
        "shapes",
        shapes,
        signature_parameters(ShapesParameters.__init__),
        origin="shapenet",
        summary="Coloured shapes of ten classes at random places, drawn as they are read.",
    )
)
