"""Which examples of a split are kept to be drawn: the worst, those in the middle, and the best."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[Any]

_NUM_CANDIDATES = 48
"""Examples among which the middle is looked for, since it is known only at the end."""


@dataclass(frozen=True, eq=False)
class Example:
    """An example of a split: what the model made of it, and what it was to make.

    Attributes:
        position: Its position in the split.
        quality: How good the output is; more is better.
        output: What the model made, as it is kept.
        target: What it was to make, likewise.
    """

    position: int
    quality: float
    output: Picture
    target: Picture


class Examples:
    """Keeps a bounded number of examples of a split that comes in any order.

    Args:
        num_examples: How many examples the split has.
        num_each: How many of each kind are drawn.
        keep: Makes of an output or a target what is kept of it.
    """

    def __init__(self, num_examples: int, num_each: int, keep: Callable[[Picture], Picture]) -> None:
        count = min(num_examples, _NUM_CANDIDATES)
        # Whatever the order of the split, a draw of its positions is fair to it.
        drawn = np.random.default_rng(0).choice(num_examples, count, replace=False)
        self._candidates = frozenset(drawn.tolist())
        self._num_each = num_each
        self._keep = keep
        self._qualities: list[float] = []
        self._middle: list[Example] = []
        self._worst: list[Example] = []
        self._best: list[Example] = []

    def add(self, position: int, quality: float, output: Picture, target: Picture) -> None:
        """Take in an example; NaN as its quality says that there is nothing to see in it."""
        if math.isnan(quality):
            return
        self._qualities.append(quality)
        worst = len(self._worst) < self._num_each or (quality, position) < _order(self._worst[-1])
        best = len(self._best) < self._num_each or (quality, position) > _order(self._best[0])
        if not (worst or best or position in self._candidates):
            return
        example = Example(position, quality, self._keep(output), self._keep(target))
        if worst:
            self._worst = sorted([*self._worst, example], key=_order)[: self._num_each]
        if best:
            self._best = sorted([*self._best, example], key=_order)[-self._num_each :]
        if position in self._candidates:
            self._middle.append(example)

    def chosen(self) -> dict[str, tuple[Example, ...]]:
        """The examples to draw by what they are: ``worst``, ``median``, ``best``; none stands there twice."""
        if not self._qualities:
            return {}
        median = float(np.median(self._qualities))
        nearest = sorted(self._middle, key=lambda example: (abs(example.quality - median), example.position))
        taken: set[int] = set()
        chosen: dict[str, tuple[Example, ...]] = {}
        for name, examples in (("worst", self._worst), ("best", self._best[::-1]), ("median", nearest)):
            new = [example for example in examples if example.position not in taken][: self._num_each]
            taken.update(example.position for example in new)
            chosen[name] = tuple(sorted(new, key=_order))
        return {name: chosen[name] for name in ("worst", "median", "best") if chosen[name]}


def _order(example: Example) -> tuple[float, int]:
    return example.quality, example.position
