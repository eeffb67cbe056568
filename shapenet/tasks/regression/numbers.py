"""The single numbers that a regression's fields consist of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shapenet.errors import ConfigError
from shapenet.fields import Field

if TYPE_CHECKING:
    from shapenet.tasks.regression.task import Regression


@dataclass(frozen=True)
class Number:
    """One number that the model predicts.

    Attributes:
        name: What to call it: ``size``, ``centre_x``, ``corners_0_y``.
        field: The field that it belongs to.
        period: After how many units it begins anew, if it is an angle; 0 if it is none.
    """

    name: str
    field: str
    period: float = 0.0


@dataclass(frozen=True)
class Numbers:
    """All numbers, in the order in which the model gives them.

    Attributes:
        each: The numbers.
        points: Positions in `each` of x and y of every point in the image.
    """

    each: tuple[Number, ...]
    points: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.each)


def numbers_of(task: Regression, fields: Mapping[str, Field]) -> Numbers:
    """The numbers of a task's fields.

    Args:
        task: The task.
        fields: Type and shape of every field.

    Raises:
        ConfigError: A field is no number and no vector, or a point is none.
    """
    each: list[Number] = []
    points: list[tuple[int, int]] = []
    for name in task.fields:
        field = fields[name]
        _check_field(name, field)
        is_point = name in task.points
        if is_point:
            _check_point(name, field)
            points.extend((first, first + 1) for first in range(len(each), len(each) + _size(field), 2))
        each.extend(
            Number(_number_name(name, indices, is_point=is_point), name, task.periods.get(name, 0.0))
            for indices in itertools.product(*map(range, field.fixed_shape))
        )
    positions = {number.name: position for position, number in enumerate(each)}
    for x, y in (pair for pair in task.points if not isinstance(pair, str)):
        for name in (x, y):
            if fields[name].shape:
                message = f"a point of two fields needs two numbers: {name!r} has the shape {fields[name].shape}"
                raise ConfigError("config/regression", message, key=("regression", "points"))
        points.append((positions[x], positions[y]))
    return Numbers(tuple(each), tuple(points))


def _check_field(name: str, field: Field) -> None:
    if not field.holds_numbers:
        message = f"expected numbers in the field {name!r}, received values of the shape {field.shape}"
        hint = "for pictures there is task: {reconstruction: {target: " + name + "}}" if len(field.shape) == 3 else None
        raise ConfigError("config/regression", message, key=("regression", "fields"), hint=hint)


def _check_point(name: str, field: Field) -> None:
    if not field.shape or field.shape[-1] != 2:
        message = f"expected a point in the field {name!r}, x and y, received values of the shape {field.shape}"
        hint = "two fields that are numbers make a point as points: [[x, y]]"
        raise ConfigError("config/regression", message, key=("regression", "points"), hint=hint)


def _size(field: Field) -> int:
    return math.prod(field.fixed_shape)


def _number_name(field: str, indices: tuple[int, ...], *, is_point: bool) -> str:
    shown = [str(index) for index in indices]
    if is_point:
        shown[-1] = "xy"[indices[-1]]
    return "_".join([field, *shown])
