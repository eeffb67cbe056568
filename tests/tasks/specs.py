"""Data that tasks are bound to in tests."""

from __future__ import annotations

from shapenet.fields import Field
from shapenet.tasks.base import DataSpec
from shapenet.training.statistics import StandIns


def spec_of(num_classes: int = 3, shape: tuple[int | None, ...] = (8, 8, 1), **more: Field) -> DataSpec:
    """Images of uint8 with labels, and further fields."""
    fields = {"image": Field("uint8", shape), "label": Field("int64", ()), **more}
    return DataSpec(fields, tuple(f"c{number}" for number in range(num_classes)), StandIns(fields, num_classes))
