"""Which epoch was the best."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapenet.callbacks.base import Listener, Row

_HIGHER_IS_BETTER = (
    "accuracy", "auc", "precision", "recall", "f1_score", "fbeta_score", "iou", "io_u", "r2", "dice_score",
    "true_positives", "true_negatives", "pearson", "concordance", "psnr", "ssim", "specificity", "sensitivity",
)  # fmt: skip


def higher_is_better(monitor: str) -> bool:
    """Whether a metric of this name seems to grow as the model improves; losses and errors do not.

    For where nothing but the name is known.
    """
    name = monitor.removeprefix("val_")
    return any(part in name for part in _HIGHER_IS_BETTER) and not name.endswith(("loss", "error"))


@dataclass
class BestEpoch(Listener):
    """Remembers the best epoch.

    Attributes:
        monitor: The value that decides.
        rising: Names of the values that grow as the model improves; the others fall.
        row: The best epoch so far; None before the first with finite losses and a finite value.
        is_newest: Whether the newest epoch is the best.
    """

    monitor: str
    rising: frozenset[str] = frozenset()
    row: Row | None = None
    is_newest: bool = False

    def epoch_end(self, row: Row) -> None:
        """Compare the epoch with the best so far; equal ones don't replace it, nor do ones that diverged."""
        value = row[self.monitor]
        best = self.row[self.monitor] if self.row else None
        better = best is None or (value > best if self.monitor in self.rising else value < best)
        finite = all(math.isfinite(row.get(name, 0.0)) for name in (self.monitor, "loss", "val_loss"))
        self.is_newest = finite and better
        if self.is_newest:
            self.row = row
