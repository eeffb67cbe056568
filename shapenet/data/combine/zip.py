"""Registers the source ``zip``."""

from __future__ import annotations

from typing import Annotated, Any

from shapenet.registry import REGISTRIES, Part


@REGISTRIES["source"].register("zip")
def zip_(*, source: Annotated[Any, Part("source", "one")], beside: Annotated[Any, Part("source", "mapping")]) -> Any:
    """Records of several sources side by side, the first with the first, and so on.

    The records keep the fields, classes, names and columns of `source`. Of a source
    ``clean`` beside it, the image becomes the field ``clean``, and any other field such as
    ``label`` becomes ``clean_label``.

    Args:
        source: What gives images, labels and names.
        beside: Names of new fields, each with the source that gives it; all have as many
            records.

    Returns:
        A `shapenet.data.combine.zipped.ZippedRecords`.

    Raises:
        ConfigError: A name can't be a field's.
        DataError: The numbers of records differ, or a field is there twice.
    """
    from shapenet.data.combine.zipped import ZippedRecords

    return ZippedRecords(source, beside)
