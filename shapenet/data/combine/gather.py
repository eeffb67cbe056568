"""Reading several ranges of records as if they were one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Arrays, Records, UnreadableError, Values
from shapenet.errors import Problem
from shapenet.fields import Field

Range = tuple[Records, int, int]
"""Records, the position of the first of them, and the one after the last."""


def read_ranges(ranges: Iterable[Range], fields: Mapping[str, Field], first: int) -> Arrays:
    """The values of several ranges, one after another.

    Args:
        ranges: The ranges; none may be empty.
        fields: Their fields, which all of them have.
        first: What the first record's position is called in errors.

    Raises:
        UnreadableError: Some can't be read; it tells all of them, counted on from `first`.
    """
    parts: list[Arrays] = []
    faults: dict[int, Problem] = {}
    for records, start, stop in ranges:
        try:
            parts.append(records.read(start, stop))
        except UnreadableError as error:
            faults |= {first + position - start: problem for position, problem in error.faults.items()}
        first += stop - start
    if faults:
        raise UnreadableError(faults)
    return {name: _joined(field, [part[name] for part in parts]) for name, field in fields.items()}


def runs_of(positions: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """The fewest ranges that make up `positions`, in their order.

    Args:
        positions: Shape ``(n,)``.
    """
    if not len(positions):
        return []
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    firsts, lasts = positions[np.r_[0, breaks]], positions[np.r_[breaks - 1, len(positions) - 1]]
    return [(int(start), int(stop)) for start, stop in zip(firsts, lasts + 1, strict=True)]


def _joined(field: Field, values: Sequence[Values]) -> Values:
    if len(values) == 1:
        return values[0]
    if field.is_ragged:
        return [value for part in values for value in part]
    if not values:
        return np.empty((0, *field.fixed_shape), field.dtype)
    return np.concatenate([np.asarray(part) for part in values])
