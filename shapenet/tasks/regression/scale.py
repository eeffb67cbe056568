"""Between the user's units and the standardised numbers that a model learns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


_NO_DIRECTION = 1e-16
"""Squared length of a vector below which the gradient of its angle is not computed: at 0 it is not a number."""


@dataclass(frozen=True)
class Scale:
    """Mean and deviation of each number, or its period if it is an angle.

    A standardised number is ``(value - mean) / std``. An angle stands for two: sine and cosine of
    ``2 pi value / period``, which are near each other for angles on both sides of the period's end.
    Over all directions the variances of sine and cosine add up to 1, so that an angle counts as
    much as any standardised number. A model that is unsure of an angle gives sine and cosine near 0: it may do
    so because its loss sees them as they are, before they are turned into an angle. (Judged by the angle alone,
    it would have to guess a direction; a small network then learnt the angles of squares two to three times worse.)

    Attributes:
        means: Of each number in the user's unit; not used of an angle.
        stds: Standard deviations, all above 0; not used of an angle.
        periods: After how many units an angle begins anew; 0 for what is no angle.
    """

    means: tuple[float, ...]
    stds: tuple[float, ...]
    periods: tuple[float, ...]

    @classmethod
    def of(cls, scale: Scale | dict[str, Any]) -> Scale:
        """A scale itself, or from the mapping that Keras keeps of one."""
        return cls(**{name: tuple(values) for name, values in scale.items()}) if isinstance(scale, dict) else scale

    def __len__(self) -> int:
        """How many numbers there are."""
        return len(self.periods)

    @property
    def num_standardised(self) -> int:
        """How many standardised numbers stand for them."""
        return len(self) + self.num_angles

    @property
    def num_outputs(self) -> int:
        """How many numbers a model gives: all in the user's units, then the angles' sines and cosines."""
        return len(self) + 2 * self.num_angles

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
            no_direction = ops.square(sine) + ops.square(cosine) < _NO_DIRECTION
            sine, cosine = ops.where(no_direction, 0.0, sine), ops.where(no_direction, 1.0, cosine)
            turn = ops.arctan2(sine, cosine) * (self.periods[i] / math.tau)
            columns[i] = ops.where(turn < 0, turn + self.periods[i], turn)
        return ops.concatenate([columns[i] for i in range(len(self))], axis=-1)

    def outputs(self, standardised: Any, means: Any, stds: Any) -> Any:
        """What a model gives: the values that `restore` gives, then the angles' sines, then their cosines.

        Args:
            standardised: Floating point ``(batch, num_standardised)``.
            means: The means as a tensor ``(numbers,)``, such as a layer's weights.
            stds: The deviations as a tensor.

        Returns:
            ``(batch, num_outputs)``.
        """
        from keras import ops

        first = len(self) - self.num_angles
        return ops.concatenate([self.restore(standardised, means, stds), standardised[:, first:]], axis=-1)

    def values(self, outputs: Any) -> Any:
        """The values in the user's units among `outputs`, ``(batch, numbers)``."""
        return outputs[:, : len(self)]

    def standardise_outputs(self, outputs: Any) -> Any:
        """The standardised numbers that a model gave `outputs` for, ``(batch, num_standardised)``."""
        from keras import ops

        columns = [(outputs[:, i : i + 1] - self.means[i]) / self.stds[i] for i in self._linear]
        return ops.concatenate([*columns, outputs[:, len(self) :]], axis=-1)

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
