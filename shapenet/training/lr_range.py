"""The learning rate range test: rates that rise exponentially, and what the loss says of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_SMOOTHING = 0.9
_RISE = 3.0
_SKIPPED = 10
_WINDOWS = 10


@dataclass(frozen=True)
class RatePoint:
    """One step.

    Attributes:
        learning_rate: Its rate.
        loss: The loss of its batch before the update.
        smoothed: The moving average of the loss.
    """

    learning_rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class RateSweep:
    """What a range test saw.

    Attributes:
        points: The steps, by rising rates.
        diverged: Whether it stopped because the loss grew beyond all bounds.
    """

    points: tuple[RatePoint, ...]
    diverged: bool

    @property
    def steepest(self) -> float | None:
        """The rate at which the smoothed loss falls fastest over the logarithm of the rate; None if it never falls.

        How fast is that of a line through a tenth of the steps. The first steps do not count, for the average
        begins with them, and nothing beyond the least loss.
        """
        reach = max(1, len(self.points) // _WINDOWS // 2)
        slopes = {index: self._slope(index, reach) for index in range(_SKIPPED, self._lowest - reach + 1)}
        best = min(slopes, key=slopes.__getitem__, default=None)
        return self.points[best].learning_rate if best is not None and slopes[best] < 0 else None

    def _slope(self, middle: int, reach: int) -> float:
        """The slope of the line that fits the steps around `middle` best: of single steps it would be noise."""
        window = self.points[max(0, middle - reach) : middle + reach + 1]
        rates = [math.log(point.learning_rate) for point in window]
        mean_rate = sum(rates) / len(rates)
        offsets = [rate - mean_rate for rate in rates]
        rise = sum(offset * point.smoothed for offset, point in zip(offsets, window, strict=True))
        return rise / sum(offset**2 for offset in offsets)

    @property
    def least_loss_at(self) -> float:
        """The rate at which the smoothed loss is least; training at it is about to diverge."""
        return self.points[self._lowest].learning_rate

    @property
    def _lowest(self) -> int:
        return min(range(len(self.points)), key=lambda index: self.points[index].smoothed)


def sweep_rates(loss_at: Callable[[float], float], lowest: float, highest: float, num_steps: int) -> RateSweep:
    """Train a step at each of many rates (Smith, "Cyclical Learning Rates", 2017).

    The loss is averaged exponentially, without bias towards its start, as fastai does; the test stops
    when the average is four times the least one, or as much above one that is negative, or is no number.

    Args:
        loss_at: Trains a step at a rate; gives the loss of its batch before the update.
        lowest: The first rate, above 0.
        highest: The last rate, above `lowest`.
        num_steps: How many steps, at least 2.
    """
    points: list[RatePoint] = []
    average, least = 0.0, math.inf
    for step in range(num_steps):
        rate = lowest * (highest / lowest) ** (step / (num_steps - 1))
        loss = loss_at(rate)
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        smoothed = average / (1 - _SMOOTHING ** (step + 1))
        if not math.isfinite(loss) or (step > _SKIPPED and smoothed - least > _RISE * abs(least)):
            return RateSweep(tuple(points), diverged=True)
        least = min(least, smoothed)
        points.append(RatePoint(rate, loss, smoothed))
    return RateSweep(tuple(points), diverged=False)
