"""Which images of a split are kept to be drawn: the worst, those in the middle, and the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NUM_EACH = 2
"""How many images of each kind are drawn."""
_NUM_CANDIDATES = 48
"""Images among which the middle is looked for, since it is known only at the end."""
_LONGEST_SIDE = 512
"""Masks with longer sides are kept with fewer pixels: they are for looking at."""


@dataclass(frozen=True, eq=False)
class Example:
    """An image of the split with what is true of it and what was predicted.

    Attributes:
        position: Its position in the split.
        iou: Its mean IoU.
        true: Class numbers ``(height, width)``, -1 where a pixel does not count.
        predicted: Class numbers of the same shape.
    """

    position: int
    iou: float
    true: npt.NDArray[Any]
    predicted: npt.NDArray[Any]


class Examples:
    """Keeps a bounded number of examples of a split that comes in any order.

    Args:
        num_examples: How many examples the split has.
    """

    def __init__(self, num_examples: int) -> None:
        count = min(num_examples, _NUM_CANDIDATES)
        # Whatever the order of the split, a draw of its positions is fair to it.
        drawn = np.random.default_rng(0).choice(num_examples, count, replace=False)
        self._candidates = frozenset(drawn.tolist())
        self._middle: list[Example] = []
        self._worst: list[Example] = []
        self._best: list[Example] = []

    def add(self, position: int, iou: float, true: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> None:
        """Take in an example; NaN as its IoU says that there is nothing to see in it."""
        if math.isnan(iou):
            return
        worst = len(self._worst) < NUM_EACH or (iou, position) < _order(self._worst[-1])
        best = len(self._best) < NUM_EACH or (iou, position) > _order(self._best[0])
        if not (worst or best or position in self._candidates):
            return
        example = Example(position, iou, _reduced(true), _reduced(predicted))
        if worst:
            self._worst = sorted([*self._worst, example], key=_order)[:NUM_EACH]
        if best:
            self._best = sorted([*self._best, example], key=_order)[-NUM_EACH:]
        if position in self._candidates:
            self._middle.append(example)

    def chosen(self, ious: Sequence[float] | npt.NDArray[np.float64]) -> dict[str, tuple[Example, ...]]:
        """The examples to draw by what they are: ``worst``, ``median``, ``best``; none stands there twice.

        Args:
            ious: The mean IoU of every example of the split.
        """
        known = [iou for iou in ious if not math.isnan(iou)]
        if not known:
            return {}
        median = float(np.median(known))
        nearest = sorted(self._middle, key=lambda example: (abs(example.iou - median), example.position))
        taken: set[int] = set()
        chosen: dict[str, tuple[Example, ...]] = {}
        for name, examples in (("worst", self._worst), ("best", self._best[::-1]), ("median", nearest)):
            new = [example for example in examples if example.position not in taken][:NUM_EACH]
            taken.update(example.position for example in new)
            chosen[name] = tuple(sorted(new, key=_order))
        return {name: chosen[name] for name in ("worst", "median", "best") if chosen[name]}


def _order(example: Example) -> tuple[float, int]:
    return example.iou, example.position


def _reduced(mask: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy with every n-th pixel, so that neither side is longer than is drawn."""
    step = -(-max(mask.shape) // _LONGEST_SIDE)
    return mask[::step, ::step].astype(np.int16 if mask.max(initial=0) < 1 << 15 else np.int32)
