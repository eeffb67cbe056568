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
    """Whether a metric of this name grows as the model improves; losses and errors do not."""
    name = monitor.removeprefix("val_")
    return any(part in name for part in _HIGHER_IS_BETTER) and not name.endswith(("loss", "error"))


@dataclass
class BestEpoch(Listener):
    """Remembers the best epoch.

    Attributes:
        monitor: The value that decides.
        row: The best epoch so far; None before the first with a finite value.
        is_newest: Whether the newest epoch is the best.
    """

    monitor: str
    row: Row | None = None
    is_newest: bool = False

    def epoch_end(self, row: Row) -> None:
        """Compare the epoch with the best so far; equal ones don't replace it."""
        value = row[self.monitor]
        best = self.row[self.monitor] if self.row else None
        better = best is None or (value > best if higher_is_better(self.monitor) else value < best)
        self.is_newest = math.isfinite(value) and better
        if self.is_newest:
            self.row = row
