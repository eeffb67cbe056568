"""Chooses the examples to show: the worst, those in the middle and the best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_OF_EACH = 3
_SPREAD = 64


@dataclass(frozen=True, eq=False)
class Example:
    """An image that the model gave, and the one that it was to give.

    Attributes:
        position: Its position in the split.
        quality: PSNR in dB.
        output: uint8 ``(height, width, channels)``; what lies outside of 0..1 is cut.
        target: The same.
    """

    position: int
    quality: float
    output: npt.NDArray[np.uint8]
    target: npt.NDArray[np.uint8]


class Examples:
    """Takes in all examples and keeps the pixels of a few: of the extremes, and of some spread over the split.

    Args:
        num_examples: How many will come.
    """

    def __init__(self, num_examples: int) -> None:
        self._stride = max(1, math.ceil(num_examples / _SPREAD))
        self._kept: list[Example] = []
        self._qualities: list[float] = []

    def add(
        self,
        positions: npt.NDArray[Any],
        qualities: npt.NDArray[Any],
        outputs: npt.NDArray[Any],
        targets: npt.NDArray[Any],
    ) -> None:
        """Take in a batch.

        Args:
            positions: In the split, ``(batch,)``.
            qualities: PSNR of each in dB, ``(batch,)``.
            outputs: From 0 to 1, ``(batch, height, width, channels)``.
            targets: The same.
        """
        self._qualities.extend(qualities.tolist())
        order = np.argsort(qualities, kind="stable")
        spread = np.flatnonzero(positions % self._stride == 0)
        self._kept += [
            Example(int(positions[i]), float(qualities[i]), _bytes(outputs[i]), _bytes(targets[i]))
            for i in {*order[:_OF_EACH].tolist(), *order[-_OF_EACH:].tolist(), *spread.tolist()}
        ]
        self._kept.sort(key=lambda one: (one.quality, one.position))
        last = len(self._kept) - _OF_EACH
        self._kept = [
            one
            for rank, one in enumerate(self._kept)
            if rank < _OF_EACH or rank >= last or one.position % self._stride == 0
        ]

    def chosen(self) -> dict[str, list[Example]]:
        """Up to three each of the worst, of those nearest to the median, and of the best; none stands twice."""
        worst, rest = self._kept[:_OF_EACH], self._kept[_OF_EACH:]
        best, rest = rest[-_OF_EACH:], rest[:-_OF_EACH]
        median = float(np.median(self._qualities)) if self._qualities else 0.0
        middle = sorted(rest, key=lambda one: abs(one.quality - median))[:_OF_EACH]
        return {"worst": worst, "median": middle, "best": best[::-1]}


def _bytes(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    scaled: npt.NDArray[np.uint8] = np.rint(np.clip(np.nan_to_num(image), 0, 1) * 255).astype(np.uint8)
    return scaled
