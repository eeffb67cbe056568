"""When the state is saved: by steps, by time, at the ends of epochs as far as that is cheap, and at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shapenet.callbacks.base import Listener, Row
from shapenet.callbacks.best import BestEpoch
from shapenet.callbacks.checkpoint import Draft, Position, needed, remove_others
from shapenet.callbacks.state import TrainingState, copied
from shapenet.errors import MachineError, RunInterruptedError
from shapenet.rundir.atomic import replace_link

if TYPE_CHECKING:
    from shapenet.callbacks.state import Arrays

_SHARE = 0.01
"""Epochs that end soon after each other are saved only so often that it takes this part of the time."""

_Weights = list[Any]


@dataclass(frozen=True)
class Schedule:
    """When to save, and how much stays.

    Attributes:
        every_steps: Save after so many steps; None for never.
        every_seconds: Save after so many seconds; None for never.
        keep: How many checkpoints from which training could go on stay.
    """

    every_steps: int | None
    every_seconds: float | None
    keep: int


class Checkpoints(Listener):
    """Saves checkpoints; ``last`` and ``best`` are links to two of them.

    The training thread only copies: it writes files that nobody waits for. Hashing them, seeing
    them onto the disk and renaming is done by a thread, whose error is raised at the next look.

    The best epoch's weights wait in memory until something is saved, so that whoever goes on from
    the last checkpoint finds the best of that time on the disk, and finds any later one again.

    Enter it around the training: leaving saves what waits.

    Args:
        folder: The run's folder of checkpoints.
        best: Tells whether an epoch is the best; must hear of it before this listener.
        state: What to save beside the weights.
        more: Gives plain values to add.
        position: Where the training goes on; before the first epoch where it begins.
        schedule: When to save in between.
        epochs: The most epochs there will be: at the end of the last one, the state is saved.
    """

    def __init__(
        self, folder: Path, best: BestEpoch, state: TrainingState, more: Callable[[], Mapping[str, Any]],
        position: Position, schedule: Schedule, epochs: int,
    ) -> None:  # fmt: skip
        self._folder, self._best, self._state, self._more = folder, best, state, more
        self._schedule, self._epochs = schedule, epochs
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._committing: Future[None] | None = None
        self._waiting: tuple[Row, _Weights] | None = None
        self._saved_at, self._cost, self._steps = time.monotonic(), 0.0, 0
        self._seen = position.step or 0
        self.position = self._saved = self._whole = position

    def __enter__(self) -> Self:
        """Nothing to do yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Save the state if the training was interrupted, or the best weights if they wait; wait for the thread.

        Raises:
            MachineError: The disk refuses; not raised where something else ended the training.
        """
        try:
            if isinstance(error, RunInterruptedError):
                self.save()
            self._save_waiting()
            self._joined()
        except MachineError:
            if error is None or isinstance(error, RunInterruptedError):
                raise
        finally:
            self._thread.shutdown()

    def train_begin(self, model: Any) -> None:
        """Time counts from here."""
        self._saved_at = time.monotonic()

    def epoch_begin(self, epoch: int) -> None:
        """The metrics are the training's."""
        self._state.release_metrics()
        self._seen = 0 if self.position.step is None else self._seen

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """Save if it is time.

        Raises:
            MachineError: The disk refuses, or did so a moment ago.
        """
        self.position = Position(epoch, step)
        self._steps, self._seen = self._steps + step - self._seen, step
        if self._committing and self._committing.done():
            self._joined()
        every = self._schedule.every_steps
        if (every is not None and self._steps >= every) or self._is_time():
            self.save()

    def validation_begin(self, epoch: int) -> None:
        """Remember the training's metrics, in case that the validation is interrupted."""
        self._state.hold_metrics()

    def epoch_end(self, row: Row) -> None:
        """Save if it is the end or if that costs little; or else remember the weights if they are the best."""
        self.position, self._seen = Position(int(row["epoch"])), 0
        is_end = self._state.model.stop_training or self.position.epoch >= self._epochs
        is_cheap = time.monotonic() - self._saved_at >= self._cost / _SHARE
        if self._best.is_newest:
            self._waiting = None
        if is_end or is_cheap or self._is_time():
            self.save()
        elif self._best.is_newest:
            self._waiting = row, [copied(variable) for variable in self._state.weights_model.weights]

    def save(self) -> None:
        """Save the state as it is, after the best weights if they wait.

        Raises:
            MachineError: The disk refuses.
        """
        if self.position == self._saved:
            return
        start = time.monotonic()
        if hasattr(self._state.model, "jax_state_sync"):  # JAX keeps all values to itself during an epoch
            self._state.model.jax_state_sync()
        self._save_waiting()
        values, arrays = self._state.collect()
        self._cost = 0.0
        row = self._best.row
        best = Position(int(row["epoch"])).name if row else None
        at = {"epoch": self.position.epoch, "step": self.position.step, "best": dict(row) if row else None}
        self._write(self.position.name, {**at, **self._more(), **values}, arrays, best)
        self._saved, self._steps = self.position, 0
        self._saved_at = time.monotonic()
        self._cost += self._saved_at - start

    def _is_time(self) -> bool:
        every = self._schedule.every_seconds
        return every is not None and time.monotonic() - self._saved_at >= every

    def _save_waiting(self) -> None:
        if self._waiting is None:
            return
        (row, weights), self._waiting = self._waiting, None
        now = [copied(variable) for variable in self._state.weights_model.weights]
        _assign(self._state.weights_model.weights, weights)
        try:
            name = Position(int(row["epoch"])).name
            self._write(name, dict(row), None, name)
        finally:
            _assign(self._state.weights_model.weights, now)

    def _write(self, name: str, values: Mapping[str, Any], arrays: Arrays | None, best: str | None) -> None:
        self._joined()
        with self._telling():
            draft = Draft(self._folder / name, self._state.weights_model, values, arrays)
        self._committing = self._thread.submit(self._commit, draft, name if arrays is not None else None, best)

    def _commit(self, draft: Draft, last: str | None, best: str | None) -> None:
        start = time.monotonic()
        draft.commit()
        if last:
            replace_link(self._folder / "last", last)
            self._whole = Position.named(last) or self._whole
        if best and (self._folder / best).is_dir():
            replace_link(self._folder / "best", best)
        with suppress(MachineError):  # the next checkpoint is another chance
            remove_others(self._folder, needed(self._folder, self._schedule.keep))
        self._cost += time.monotonic() - start  # it shares cores with the training

    def _joined(self) -> None:
        """Wait until the last checkpoint is on the disk; its error is raised here."""
        committing, self._committing = self._committing, None
        if committing:
            with self._telling():
                committing.result()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What the disk refuses is told together with where the training can go on."""
        try:
            yield
        except MachineError as error:
            if not self._whole.epoch:
                raise
            where = f"the last whole checkpoint is that of {self._whole}: shapenet train --resume goes on there"
            problems = (replace(one, hint="; ".join(filter(None, (one.hint, where)))) for one in error.problems)
            raise error.replacing(problems) from error


def _assign(variables: list[Any], values: _Weights) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
