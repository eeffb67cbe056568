"""Registers the source ``take``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapenet.registry import REGISTRIES, Part


@REGISTRIES["source"].register("take")
def take(
    *,
    source: Annotated[Any, Part("source", "one")],
    count: Annotated[int, Field(ge=1)] | None = None,
    skip: Annotated[int, Field(ge=0)] = 0,
) -> Any:
    """A stretch of the records of a source, in its order; its classes stay.

    Args:
        source: The source.
        count: How many records; all that are left if not given.
        skip: How many to pass over before.

    Returns:
        A `shapenet.data.combine.selection.SelectedRecords`.

    Raises:
        DataError: There are not as many.
    """
    from shapenet.data.combine.selection import take_records

    return take_records(source, count, skip)
