"""What training tells whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shapenet.training.balance import Balance

if TYPE_CHECKING:
    from shapenet.training.init import InitialWeights


@dataclass(frozen=True)
class TrainingStart:
    """What is known when the first epoch begins.

    Attributes:
        run: The run directory.
        name: The experiment's name.
        num_examples: Examples by split.
        image_shape: ``(height, width, channels)``; None where sides vary.
        classes: Class names.
        num_parameters: Parameters of the model.
        num_trainable: Those that learn in the first epoch.
        device: The device's name.
        precision: The resolved precision.
        epochs: The most epochs there will be.
        metrics: Names of the metrics, without ``loss``.
        monitor: The value that names the best epoch.
        balance: The sizes of the classes, and what makes up for them.
        initial: What the first weights are, where they are not drawn at random.
        epochs_done: Epochs that were done before: more than none where a run goes on.
        inputs: The fields that the model is given.
    """

    run: Path
    name: str
    num_examples: Mapping[str, int]
    image_shape: tuple[int | None, ...]
    classes: tuple[str, ...]
    num_parameters: int
    num_trainable: int
    device: str
    precision: str
    epochs: int
    metrics: tuple[str, ...]
    monitor: str
    balance: Balance
    initial: InitialWeights | None
    epochs_done: int = 0
    inputs: tuple[str, ...] = ("image",)


class Reporter:
    """Hears what happens; this one keeps silent. The command line passes one that draws."""

    def opened(self, run: Path) -> None:
        """There is a run directory; it goes again if the run fails before its first step."""

    def packing(self, described: str, done: int, total: int) -> None:
        """Images of a source are packed, `done` of `total` so far."""

    def warning(self, text: str) -> None:
        """Something is worth knowing."""

    def started(self, start: TrainingStart) -> None:
        """The first epoch begins."""

    def step(self, epoch: int, images_done: int, images_total: int, logs: Mapping[str, float]) -> None:
        """Some steps of an epoch, counted from 1, are done."""

    def validating(self, epoch: int) -> None:
        """The epoch's steps are done; the validation split is next."""

    def epoch(self, row: Mapping[str, float], *, is_best: bool) -> None:
        """An epoch is done. `row` is what ``metrics.jsonl`` holds."""

    def close(self) -> None:
        """Nothing more will come."""
