"""Stop at a loss that is not a finite number."""

from __future__ import annotations

import math
from collections.abc import Mapping

from shapenet.callbacks.base import Listener, Row
from shapenet.errors import DivergedError

_HINT = "try a smaller learning rate, or gradient clipping (clipnorm) in the optimizer"


class StopOnDivergence(Listener):
    """Raises as soon as the mean loss of an epoch, or that of its validation, is NaN or infinite.

    The mean keeps a NaN once it has one, so a look after several steps misses none.

    Args:
        steps_before: Steps of the first epoch that were done, and looked at, before this training began.
    """

    def __init__(self, steps_before: int = 0) -> None:
        self._seen, self._before = 0, steps_before

    def epoch_begin(self, epoch: int) -> None:
        """Forget the steps of the epoch before."""
        self._seen, self._before = self._before, 0

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """Look at the loss.

        Raises:
            DivergedError: It is not finite; names the step or the range of steps.
        """
        if not math.isfinite(logs["loss"]):
            first = self._seen + 1
            steps = f"step {step}" if first == step else f"one of the steps {first} to {step}"
            raise DivergedError(
                "training/diverged",
                f"the loss became {logs['loss']} in epoch {epoch}, at {steps}",
                hint=_HINT,
            )
        self._seen = step

    def epoch_end(self, row: Row) -> None:
        """Look at the loss of the validation.

        Raises:
            DivergedError: It is not finite.
        """
        if not math.isfinite(row.get("val_loss", 0.0)):
            raise DivergedError(
                "training/diverged",
                f"the loss of the validation became {row['val_loss']} in epoch {int(row['epoch'])}",
                hint=_HINT,
            )
