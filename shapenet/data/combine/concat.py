"""Registers the source ``concat``."""

from __future__ import annotations

from typing import Annotated, Any

from shapenet.registry import REGISTRIES, Part


@REGISTRIES["source"].register("concat")
def concat(*, sources: Annotated[Any, Part("source", "list")]) -> Any:
    """The records of several sources, one source after another.

    Their fields must agree in name, type and shape. Classes are joined by name: those of
    the first source keep their order, new ones of later sources follow. The columns that
    all sources have are kept.

    Args:
        sources: The sources.

    Returns:
        A `shapenet.data.combine.joined.JoinedRecords`.

    Raises:
        DataError: Their fields differ.
    """
    from shapenet.data.combine.joined import JoinedRecords

    return JoinedRecords(sources)
