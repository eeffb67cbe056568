"""Labels as they stand in arrays and records, turned into indices of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.files.faults import MAX_LISTED, shown
from shapenet.data.files.labels import class_names
from shapenet.errors import DataError, Place, did_you_mean

_CODE = "data/label"


def label_indices(
    values: npt.NDArray[Any], classes: Sequence[str] | None, *, place: Place, where: Callable[[int], str]
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Classes, and each label as an index into them.

    Args:
        values: Labels of all records: integers, or text (NumPy's ``U``). Shape ``(n,)``.
        classes: Names in order: integers are indices into them, texts stand among them. None
            takes the distinct labels, by number if all are integers, by code point if not.
        place: Where the labels stand.
        where: What to call the position of a label in messages.

    Returns:
        Class names, and indices into them, int64 ``(n,)``.

    Raises:
        DataError: Labels are empty, out of range or unknown; the first ten are listed.
    """
    distinct, inverse = np.unique(values, return_inverse=True)
    faulty = np.array([_is_fault(value, classes) for value in distinct.tolist()], bool)
    if faulty.any():
        positions = np.flatnonzero(faulty[inverse])
        listed = [f"\n  {where(int(i))}: {shown(str(values[i])) or 'no label'}" for i in positions[:MAX_LISTED]]
        more = len(positions) - MAX_LISTED
        expected = _expected(values, classes)
        message = f"expected {expected}, received another in {len(positions):,} of {len(values):,} records"
        rest = f"\n  and {more:,} more" if more > 0 else ""
        hint = did_you_mean(str(values[positions[0]]), classes) if classes and values.dtype.kind == "U" else None
        raise DataError(_CODE, message + "".join(listed) + rest, place=place, hint=hint)
    if classes is not None and values.dtype.kind != "U":
        return tuple(classes), values.astype(np.int64)
    texts = [str(value).strip() for value in distinct.tolist()]
    names = tuple(classes) if classes is not None else class_names(texts)
    indices = {name: index for index, name in enumerate(names)}
    return names, np.array([indices[text] for text in texts], np.int64)[inverse]


def unlabelled(num_records: int) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """The classes and labels of records that have none: no classes, and 0 each, int64 ``(num_records,)``."""
    return (), np.zeros(num_records, np.int64)


def _is_fault(value: Any, classes: Sequence[str] | None) -> bool:
    if not isinstance(value, str):
        return classes is not None and not 0 <= value < len(classes)
    text = value.strip()
    return not text or text.lower() == "nan" or (classes is not None and text not in classes)


def _expected(values: npt.NDArray[Any], classes: Sequence[str] | None) -> str:
    if classes is None:
        return "a label"
    if values.dtype.kind == "U":
        return f"one of the classes {', '.join(map(shown, classes[:MAX_LISTED]))}"
    return f"a label from 0 to {len(classes) - 1:,} (the index of a class)"
