"""Registers the source ``filter``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Part

Values = Annotated[list[str | int], Field(min_length=1)]


@REGISTRIES["source"].register("filter")
def filter_(
    *,
    source: Annotated[Any, Part("source", "one")],
    column: str = "label",
    keep: Values | None = None,
    drop: Values | None = None,
) -> Any:
    """The records of a source that have, or do not have, certain values in a column.

    Classes of which no record is left are left out too.

    Args:
        source: The source.
        column: ``label`` for the class, or a column of the source, such as one of a CSV.
        keep: Values of the records to keep; give this or `drop`.
        drop: Values of the records to leave out.

    Returns:
        A `shapenet.data.combine.selection.SelectedRecords`.

    Raises:
        ConfigError: Neither `keep` nor `drop` is given, or both are.
        DataError: There is no such column or value, or no record is left.
    """
    from shapenet.data.combine.selection import filter_records

    values = keep if keep is not None else drop
    if values is None or (keep is not None and drop is not None):
        received = "neither" if values is None else "both"
        raise ConfigError("config/filter", f"expected keep or drop, received {received}")
    return filter_records(source, column, [str(value) for value in values], keep=keep is not None)
