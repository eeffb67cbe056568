"""What listens to training, free of Keras; one adapter connects all listeners to ``fit``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, float]
"""What is known of an epoch: ``epoch`` from 1, ``loss``, metrics, ``val_`` of each,
``learning_rate``, ``seconds``, ``images_per_second``."""

TIMES = ("seconds", "images_per_second")
"""What of a row a clock decides."""
NO_FIGURES = ("epoch", "learning_rate", *TIMES)
"""What of a row says nothing of how good the model is."""


class Listener:
    """Hears what happens in ``fit``; every method may be left as it is.

    Epochs and steps count from 1. `logs` are the running means of loss and metrics
    over the epoch so far.
    """

    def train_begin(self, model: Any) -> None:
        """The model is compiled and the first epoch comes next."""

    def epoch_begin(self, epoch: int) -> None:
        """An epoch begins."""

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """All steps of an epoch up to `step` are done."""

    def validation_begin(self, epoch: int) -> None:
        """The epoch's steps are done; validation comes next."""

    def validation_steps_end(self) -> None:
        """Some steps of the validation are done."""

    def epoch_end(self, row: Row) -> None:
        """An epoch and its validation are done."""
