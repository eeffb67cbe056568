"""Whether outputs know anything of their targets: a permutation test, for any task and any loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shapenet.checks.learner import Arrays

if TYPE_CHECKING:
    import numpy.typing as npt

JUDGED_BY = 128
"""Examples that are enough to tell: more take longer, since each permutation has a loss of its own."""
_PERMUTATIONS = 40


@dataclass(frozen=True)
class Pairing:
    """The loss of outputs against their own targets, and against those of others.

    Attributes:
        loss: Against their own.
        chance: Against those of others, the mean over permutations.
        luckiest: The same, the least of all permutations.
    """

    loss: float
    chance: float
    luckiest: float

    @property
    def knows(self) -> bool:
        """Whether no permutation does as well: by chance that happens once in 41 times."""
        return self.loss < self.luckiest and math.isfinite(self.chance)

    @property
    def gap(self) -> float:
        """How much the own targets' loss is below chance."""
        return self.chance - self.loss

    @property
    def share(self) -> float:
        """The gap as a share of chance, of losses from 0 on at most 1; 0 where that is no number."""
        share = self.gap / self.chance if self.chance else 0.0
        return share if math.isfinite(share) else 0.0


def pairing(
    loss: Callable[[Arrays, Arrays], float], targets: Arrays, outputs: dict[str, npt.NDArray[Any]], seed: int
) -> Pairing:
    """Compare outputs with their own targets and with shuffled ones (Fisher's permutation test, 1935).

    Unlike a figure for chance that is worked out from the classes' shares, this holds for any loss,
    and for models that are too sure of what they say.

    Args:
        loss: Of targets and outputs.
        targets: ``(n, ...)`` by task.
        outputs: ``(n, ...)`` by task.
        seed: Decides the permutations.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    orders = [random.permutation(len(next(iter(outputs.values())))) for _ in range(_PERMUTATIONS)]
    others = [loss({name: values[order] for name, values in targets.items()}, outputs) for order in orders]
    return Pairing(loss(targets, outputs), float(np.mean(others)), float(np.min(others)))
