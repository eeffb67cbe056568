"""The checkpoint that a training goes on from: the newest that is whole."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
from shapenet.rundir.atomic import replace_link
from shapenet.rundir.paths import RunDir

if TYPE_CHECKING:
    from shapenet.callbacks.state import TrainingState

_LOG = logging.getLogger("shapenet")


@dataclass(frozen=True)
class Saved:
    """Where a training goes on.

    Attributes:
        position: How far it was; before the first epoch where nothing whole was saved.
        folder: The checkpoint; None where nothing whole was saved.
        values: The plain values of its state.
    """

    position: Position = field(default_factory=Position)
    folder: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Steps of the epoch in which it goes on that were done before."""
        return self.position.step or 0

    @property
    def spent_seconds(self) -> float:
        """What that epoch had taken."""
        return float(self.values.get("seconds", 0.0)) if self.steps else 0.0

    def restore(self, state: TrainingState) -> None:
        """Put the state back; the model must be built, its optimizer and metrics too.

        Raises:
            RunError: It is that of another model.
        """
        if self.folder is None:
            return
        load_weights_safely(state.weights_model, checked_weights(self.folder), self.folder.parent)
        state.restore(self.values, read_arrays(self.folder))


def newest_whole(run: RunDir, warn: Callable[[str], None]) -> Saved:
    """The newest checkpoint that is whole, and whose best epoch's is; the start where there is none.

    Args:
        run: The run.
        warn: Is told of each that is damaged.
    """
    for position, folder in positions(run.checkpoints_dir):
        try:
            checked_weights(folder)
            values = read_state(folder)
            best = best_of(values)
            if best is not None and best.name != folder.name:
                checked_weights(run.checkpoints_dir / best.name)
        except (RunError, KeyError, TypeError, ValueError) as error:
            reason = error.problems[0].message if isinstance(error, RunError) else str(error)
            text = f"the checkpoint of {position} can't be used, the one before it serves: {reason}"
            _LOG.warning("%s", text)
            warn(text)
            continue
        return Saved(position, folder, values)
    return Saved()


def take_back(folder: Path, saved: Saved) -> None:
    """Remove every checkpoint that came after one, and let the links name it and its best.

    Raises:
        MachineError: The disk refuses.
    """
    if not folder.is_dir():
        return
    stay = [path for position, path in positions(folder) if position.order <= saved.position.order]
    bests = [best_of(read_state(path)) for path in stay if _is_readable(path)]
    remove_others(folder, {path.name for path in stay} | {best.name for best in bests if best})
    for link, target in (("last", saved.position if saved.folder else None), ("best", best_of(saved.values))):
        if target:
            replace_link(folder / link, target.name)
        else:
            (folder / link).unlink(missing_ok=True)


def _is_readable(checkpoint: Path) -> bool:
    try:
        best_of(read_state(checkpoint))
    except (RunError, KeyError, TypeError, ValueError):
        return False
    return True
