"""What the values of a mask stand for: names of classes, and which pixels don't count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shapenet.errors import DataError
from shapenet.tasks.segmentation.pixels import IGNORED
from shapenet.words import counted

UNKNOWN = -2
"""The class number of values that stand for no class."""

_WHITE = 255
_MOST_NAMED = 12
_TWO = ("background", "foreground")


@dataclass(frozen=True)
class MaskClasses:
    """The classes of a mask.

    Attributes:
        names: Their names; class 0 is taken for the background.
        values: What a pixel of each class holds in the mask.
        ignore: What a pixel that does not count holds; None if all count.
    """

    names: tuple[str, ...]
    values: tuple[int, ...]
    ignore: int | None

    def table(self) -> npt.NDArray[np.int32]:
        """The class number of each value, `IGNORED` or `UNKNOWN`; values beyond its end are unknown."""
        highest = max(*self.values, -1 if self.ignore is None else self.ignore)
        table = np.full(highest + 2, UNKNOWN, np.int32)
        table[list(self.values)] = np.arange(len(self.values))
        if self.ignore is not None:
            table[self.ignore] = IGNORED
        return table

    def expected(self) -> str:
        """The values of a mask, in words."""
        consecutive = self.values == tuple(range(len(self.values)))
        values = f"0 to {self.values[-1]}" if consecutive else " and ".join(map(str, self.values))
        return f"values {values}" + ("" if self.ignore is None else f", or {self.ignore} for pixels that don't count")


def classes_of_mask(
    field: str, counts: npt.NDArray[np.int64], *, given: Sequence[str] | None, labels: Sequence[str], ignore: int | None
) -> MaskClasses:
    """Which classes a mask has, by what is said of it and by the values that it holds.

    A mask that holds 0 and 255 only, as files of two classes do, has 255 for class 1. A mask whose
    highest value is the number of the data's own classes, as that of shapes, has a background and those.

    Args:
        field: The mask's name.
        counts: How often each value from 0 on occurs in the train split, int64.
        given: Names of the classes that the config gives; None for those that the data tells.
        labels: Names of the data's own classes, to which whole images belong.
        ignore: The value of pixels that don't count.

    Raises:
        DataError: Its values don't tell how many classes there are.
    """
    found = [int(value) for value in np.flatnonzero(counts) if value != ignore]
    white = _WHITE in found and 1 not in found
    if white and (set(found) <= {0, _WHITE} if given is None else len(given) == 2):
        return MaskClasses(tuple(given or _TWO), (0, _WHITE), ignore)
    if given is None and max(found, default=0) == len(labels) > 0:
        given = (_TWO[0], *labels)
    names = _numbered(field, found, ignore) if given is None else tuple(given)
    return MaskClasses(names, tuple(range(len(names))), ignore)


def unknown_value(field: str, value: int, classes: MaskClasses, where: str) -> DataError:
    """The error that a mask holds a value that stands for no class.

    Args:
        field: The mask's name.
        value: The value.
        classes: What was expected.
        where: Which record or which pixels hold it.
    """
    return DataError(
        "data/mask-value",
        f"the mask {field!r} holds {value} in {where}: expected {classes.expected()} "
        f"({', '.join(classes.names[:_MOST_NAMED])}{', ...' if len(classes.names) > _MOST_NAMED else ''})",
        hint=f"name every class: task: {{segmentation: {{classes: [...]}}}}; or, if pixels of {value} are not to "
        f"count, ignore: {value}",
    )


def _numbered(field: str, found: Sequence[int], ignore: int | None) -> tuple[str, ...]:
    """Names for the classes of a mask of which only its values are known."""
    highest = max(found, default=0)
    if highest >= _WHITE:
        raise DataError(
            "data/mask-value",
            f"the mask {field!r} holds {counted(len(found), 'value')} up to {highest}: which of them are classes?",
            hint=f"if pixels of {highest} do not count, task: {{segmentation: {{ignore: {highest}}}}}; else classes: "
            "[...] names every class; a mask that was blurred or saved as JPEG holds values between its classes",
        )
    if highest == 0:
        what = "nothing but 0" if found else f"nothing but {ignore}, which does not count,"
        message = f"the mask {field!r} holds {what} in the train split: expected at least two classes"
        raise DataError("data/mask-value", message, hint="name the classes: task: {segmentation: {classes: [...]}}")
    return _TWO if highest == 1 else tuple(map(str, range(highest + 1)))
