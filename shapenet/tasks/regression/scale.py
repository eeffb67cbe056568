"""Between the user's units and the standardised numbers that a model learns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Scale:
    """Mean and deviation of each number, or its period if it is an angle.

    A standardised number is ``(value - mean) / std``. An angle stands for two: sine and cosine of
    ``2 pi value / period``, which are near each other for angles on both sides of the period's end.
    Over all directions the variances of sine and cosine add up to 1, so that an angle counts as
    much as any standardised number.

    Attributes:
        means: Of each number in the user's unit; not used of an angle.
        stds: Standard deviations, all above 0; not used of an angle.
        periods: After how many units an angle begins anew; 0 for what is no angle.
    """

    means: tuple[float, ...]
    stds: tuple[float, ...]
    periods: tuple[float, ...]

    def __len__(self) -> int:
        """How many numbers there are."""
        return len(self.periods)

    @property
    def num_standardised(self) -> int:
        """How many standardised numbers stand for them."""
        return len(self) + self.num_angles

    @property
    def num_angles(self) -> int:
        """How many of the numbers are angles."""
        return len(self._angles)

    def standardise(self, values: Any) -> Any:
        """Standardised numbers, those that are no angles first, then the angles' sines, then their cosines.

        Args:
            values: In the user's units, floating point ``(batch, numbers)``.

        Returns:
            ``(batch, num_standardised)``.
        """
        from keras import ops

        linear, angles = self._linear, self._angles
        columns = [(values[:, i : i + 1] - self.means[i]) / self.stds[i] for i in linear]
        turns = [values[:, i : i + 1] * (math.tau / self.periods[i]) for i in angles]
        return ops.concatenate([*columns, *map(ops.sin, turns), *map(ops.cos, turns)], axis=-1)

    def restore(self, standardised: Any, means: Any, stds: Any) -> Any:
        """Values in the user's units, the inverse of `standardise`; angles from 0 up to their period.

        Args:
            standardised: Floating point ``(batch, num_standardised)``.
            means: The means as a tensor ``(numbers,)``, such as a layer's weights.
            stds: The deviations as a tensor.

        Returns:
            ``(batch, numbers)``.
        """
        from keras import ops

        linear, angles = self._linear, self._angles
        columns = {i: standardised[:, k : k + 1] * stds[i] + means[i] for k, i in enumerate(linear)}
        for k, i in enumerate(angles, len(linear)):
            sine, cosine = standardised[:, k : k + 1], standardised[:, k + len(angles) : k + len(angles) + 1]
            turn = ops.arctan2(sine, cosine) * (self.periods[i] / math.tau)
            columns[i] = ops.where(turn < 0, turn + self.periods[i], turn)
        return ops.concatenate([columns[i] for i in range(len(self))], axis=-1)

    def joined(self, sums: Any) -> Any:
        """One sum for each number, where an angle's sine and cosine have one each.

        Args:
            sums: In the order of `standardise`, ``(num_standardised,)``.

        Returns:
            ``(numbers,)``, those that are no angles first.
        """
        from keras import ops

        first, num_angles = len(self._linear), len(self._angles)
        return ops.concatenate([sums[:first], sums[first : first + num_angles] + sums[first + num_angles :]])

    def nearest(self, true: Any, predicted: Any) -> Any:
        """`predicted` with each angle moved by whole periods to where it is nearest to `true`.

        Args:
            true: In the user's units, floating point ``(batch, numbers)``.
            predicted: The same.
        """
        from keras import ops

        if not self._angles:
            return predicted
        periods = ops.convert_to_tensor([period or 1.0 for period in self.periods], "float32")
        is_angle = ops.convert_to_tensor([period > 0 for period in self.periods])
        turns = ops.round((predicted - true) / periods) * periods
        return predicted - ops.where(is_angle, turns, 0.0)

    def errors(self, true: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Predicted minus true values, of an angle by the shorter way round.

        Args:
            true: In the user's units, ``(n, numbers)``.
            predicted: The same.

        Returns:
            ``(n, numbers)``; an angle's from ``-period / 2`` to ``period / 2``.
        """
        import numpy as np

        errors = np.asarray(predicted, np.float64) - np.asarray(true, np.float64)
        for column in self._angles:
            errors[:, column] -= np.round(errors[:, column] / self.periods[column]) * self.periods[column]
        return errors

    @property
    def _linear(self) -> list[int]:
        return [i for i, period in enumerate(self.periods) if not period]

    @property
    def _angles(self) -> list[int]:
        return [i for i, period in enumerate(self.periods) if period]
