"""The type and shape of one field of every record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

WHITE = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
"""The value that stands for full brightness in images of each type."""
_MOST_NUMBERS = 10_000


@dataclass(frozen=True)
class Field:
    """One field of every record.

    Attributes:
        dtype: NumPy's name of the type: ``uint8``, ``uint16``, ``float32``, ``int64``.
        shape: Shape of one record's value; ``()`` for a number; None where a side varies
            from record to record: ``(None, None, 3)`` for images of any size.
    """

    dtype: str
    shape: tuple[int | None, ...]

    @property
    def is_ragged(self) -> bool:
        """Whether the shape varies from record to record."""
        return None in self.shape

    @property
    def fixed_shape(self) -> tuple[int, ...]:
        """The shape of every record's value.

        Raises:
            ValueError: It varies.
        """
        shape = tuple(side for side in self.shape if side is not None)
        if len(shape) != len(self.shape):
            raise ValueError(f"expected a field of one shape, received {self.shape}")
        return shape

    @property
    def holds_numbers(self) -> bool:
        """Whether a value is a number, or a vector or table of at most 10,000: no picture, and of one shape."""
        return not self.is_ragged and len(self.shape) <= 2 and math.prod(self.fixed_shape) <= _MOST_NUMBERS

    def fits(self, value: npt.NDArray[Any]) -> bool:
        """Whether one record's value has this type and shape."""
        same_shape = len(value.shape) == len(self.shape) and all(
            side in (None, received) for side, received in zip(self.shape, value.shape, strict=True)
        )
        return same_shape and bool(value.dtype == self.dtype)
