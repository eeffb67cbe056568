"""The checkpoint that a training goes on from: the newest that is whole."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.checkpoint import (
    Position,
    best_of,
    checked_weights,
    positions,
    read_arrays,
    read_state,
    remove_others,
)
from shapenet.errors import RunError
from shapenet.models.safe_weights import load_weights_safely
from shapenet.rundir.atomic import machine_errors, new_folder, replace_link
from shapenet.rundir.paths import RunDir

if TYPE_CHECKING:
    from shapenet.callbacks.state import TrainingState

_STEP = ("seed", "data", "training.batch_size", "training.steps_per_execution", "training.limit_batches")
"""What decides what a step of an epoch is."""
_CALLBACKS = ("training.callbacks", "training.early_stopping", "training.monitor")
_LOG = logging.getLogger("shapenet")


@dataclass(frozen=True)
class Saved:
    """Where a training goes on.

    Attributes:
        position: How far it was; before the first epoch where nothing whole was saved.
        folder: The checkpoint; None where nothing whole was saved.
        values: The plain values of its state.
        changed: Names of the config's values, and of others, that are not what they were.
    """

    position: Position = field(default_factory=Position)
    folder: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()

    @property
    def anew(self) -> bool:
        """Whether the epoch in which it was begins anew, since a step is something else now."""
        return self.position.step is not None and self._is_changed(*_STEP)

    @property
    def steps(self) -> int:
        """Steps of the epoch in which it goes on that were done before, and count."""
        return 0 if self.anew else self.position.step or 0

    @property
    def spent_seconds(self) -> float:
        """What that epoch had taken."""
        return float(self.values.get("seconds", 0.0)) if self.steps else 0.0

    def restore(self, state: TrainingState, *, trial: bool = False) -> None:
        """Put the state back; the model must be built, its optimizer and metrics too.

        Args:
            state: The state.
            trial: See whether it fits, before ``fit``, which puts it back once more.

        Raises:
            RunError: It is that of another model.
        """
        if self.folder is None:
            return
        load_weights_safely(state.weights_model, checked_weights(self.folder), self.folder.parent)
        state.restore(
            self.values,
            read_arrays(self.folder, state.max_bytes),
            new_rate=any(name.endswith(".learning_rate") for name in self.changed),
            new_callbacks=self._is_changed(*_CALLBACKS),
            trial=trial,
        )

    def _is_changed(self, *names: str) -> bool:
        return any(f"{one}.".startswith(f"{name}.") for one in self.changed for name in names)


def newest_whole(run: RunDir, warn: Callable[[str], None]) -> Saved:
    """The newest checkpoint that is whole, and whose best epoch's is; the start where there is none.

    If none is whole but for the weights of its best epoch, the newest of these serves, and the best
    of the epochs that follow counts: a training that took days is not begun again for them.

    Args:
        run: The run.
        warn: Is told of each that is damaged, and what that means.
    """

    def tell(text: str) -> None:
        _LOG.warning("%s", text)
        warn(text)

    without_best: Saved | None = None
    found = False
    for position, folder in positions(run.checkpoints_dir):
        found = True
        try:
            checked_weights(folder)
            values = read_state(folder)
            best = best_of(values)
        except RunError as error:
            tell(f"the checkpoint of {position} can't be used: {_reason(error)}")
            continue
        try:
            if best is not None and best.name != folder.name:
                checked_weights(run.checkpoints_dir / best.name)
        except RunError as error:
            tell(f"{position} has no weights of its best epoch, {best}: {_reason(error)}")
            without_best = without_best or Saved(position, folder, {**values, "best": None})
            continue
        return Saved(position, folder, values)
    if without_best:
        tell(f"going on after {without_best.position}; of the epochs until then, the best is lost")
    elif found:
        tell("no checkpoint is whole: the training begins anew")
    return without_best or Saved()


def _reason(error: RunError) -> str:
    return error.problems[0].message


def take_back(folder: Path, saved: Saved) -> None:
    """Remove every checkpoint that came after one, and let the links name it and its best.

    Raises:
        MachineError: The disk refuses.
    """
    if not folder.is_dir():
        return
    stay = [path for position, path in positions(folder) if position.order <= saved.position.order]
    for link, target in (("last", saved.folder), ("best", best_of(saved.values))):
        if target:
            replace_link(folder / link, target.name)
        else:
            (folder / link).unlink(missing_ok=True)
    remove_others(folder, _with_bests(stay))  # now that no link leads there


def begin_anew(saved: Saved) -> Saved:
    """Let no step count of the epoch that begins anew: a step was something else.

    The other checkpoints of steps go, and the one to go on from takes a name that says that no step is done. `last`
    leads to a whole one all the while: the files have both names until it leads to the new one.

    Args:
        saved: The checkpoint, to which `take_back` has led the links.

    Returns:
        The checkpoint, as it is called now.

    Raises:
        MachineError: The disk refuses.
    """
    if saved.folder is None:
        return saved
    folder, position = saved.folder.parent, Position(saved.position.epoch, 0)
    stay = [path for at, path in positions(folder) if at.step is None or path == saved.folder]
    remove_others(folder, _with_bests(stay))
    target = folder / position.name
    if target != saved.folder:
        with new_folder(target) as temporary, machine_errors(target):
            shutil.copytree(saved.folder, temporary, copy_function=_linked, dirs_exist_ok=True)
        replace_link(folder / "last", target.name)
        remove_others(folder, (_with_bests(stay) - {saved.folder.name}) | {target.name})
    return replace(saved, position=position, folder=target)


def _linked(source: str, target: str) -> None:
    """Give a file a second name, or make a copy where a file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _with_bests(checkpoints: list[Path]) -> set[str]:
    """The names of checkpoints, and of those of their best epochs."""
    return {path.name for path in checkpoints} | {best.name for path in checkpoints if (best := _best_in(path))}


def _best_in(checkpoint: Path) -> Position | None:
    try:
        return best_of(read_state(checkpoint))
    except RunError:  # it is damaged
        return None
