"""Mean and standard deviation of a stream of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Moments:
    """Count, mean and spread of each channel, added up piece by piece in float64.

    Pieces are joined by the formulas of Chan, Golub and LeVeque (1979), which lose no digits
    where the mean is large against the spread.

    Args:
        channels: Number of channels.
    """

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.mean: Floats = np.zeros(channels)
        self._squares: Floats = np.zeros(channels)

    def add(self, values: npt.NDArray[Any]) -> None:
        """Add numbers ``(n, channels)``."""
        if not len(values):
            return
        piece = Moments(len(self.mean))
        piece.count = len(values)
        for channel in range(values.shape[1]):
            plane = np.array(values[:, channel], np.float64)  # in one piece, it is several times as fast to add up
            piece.mean[channel] = plane.mean()
            plane -= piece.mean[channel]
            piece._squares[channel] = plane @ plane
        self.join(piece)

    def join(self, other: Moments) -> None:
        """Add what another one has seen."""
        count = self.count + other.count
        if not count:
            return
        step = other.mean - self.mean
        self.mean = self.mean + step * (other.count / count)
        self._squares = self._squares + other._squares + step**2 * (self.count * other.count / count)
        self.count = count

    def scaled(self, factor: float) -> tuple[list[float], list[float]]:
        """Mean and standard deviation (over all, not a sample) of each channel, multiplied by `factor`."""
        deviation = np.sqrt(self._squares / max(self.count, 1))
        return [float(mean * factor) for mean in self.mean], [float(value * factor) for value in deviation]
