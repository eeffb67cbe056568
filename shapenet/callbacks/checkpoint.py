"""Checkpoints: the best epoch and the last one, each committed by one rename."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shapenet.callbacks.base import Listener, Row
from shapenet.callbacks.best import BestEpoch
from shapenet.callbacks.weights_file import save_weights
from shapenet.errors import Place, RunError
from shapenet.rundir.atomic import machine_errors, new_folder, replace_link
from shapenet.rundir.reading import open_regular, read_regular

WEIGHTS = "model.weights.h5"
MAX_BYTES = 200_000_000_000
"""The largest file of a checkpoint that is looked at; loading it has a limit that the model tells."""
_STATE = "state.json"
_MANIFEST = "manifest.json"


class Checkpoints(Listener):
    """Saves every epoch under its number; ``last`` and ``best`` are links to two of them.

    Args:
        folder: The run's folder of checkpoints.
        best: Tells whether an epoch is the best; must hear of it before this listener.
    """

    def __init__(self, folder: Path, best: BestEpoch) -> None:
        self._folder = folder
        self._best = best
        self._model: Any = None

    def train_begin(self, model: Any) -> None:
        """Remember the model to save."""
        self._model = model

    def epoch_end(self, row: Row) -> None:
        """Save, move the links, and remove what no link names any more."""
        self.save(f"epoch-{int(row['epoch']):04d}", row, is_best=self._best.is_newest)

    def save(self, name: str, row: Mapping[str, float], *, is_best: bool = False) -> None:
        """Save the model's weights as they are.

        Args:
            name: The checkpoint's name.
            row: What is known about them.
            is_best: Whether they are the best so far.

        Raises:
            MachineError: The disk refuses.
        """
        target = self._folder / name
        with new_folder(target) as temporary, machine_errors(target):
            save_weights(self._model, temporary / WEIGHTS)
            (temporary / _STATE).write_text(json.dumps(dict(row)) + "\n")
            digests = {file: _digest(temporary / file) for file in (WEIGHTS, _STATE)}
            (temporary / _MANIFEST).write_text(json.dumps(digests, indent=1) + "\n")
        replace_link(self._folder / "last", name)
        if is_best:
            replace_link(self._folder / "best", name)
        self._remove_unnamed()

    def _remove_unnamed(self) -> None:
        links = {entry for entry in self._folder.iterdir() if entry.is_symlink()}
        named = {entry.resolve() for entry in links}
        for entry in self._folder.iterdir():
            if entry not in links and entry.resolve() not in named:
                shutil.rmtree(entry, ignore_errors=True)


def checked_weights(checkpoint: Path) -> Path:
    """The weights file of a checkpoint, after comparing its files with their digests.

    The digests tell damage, not who wrote the files: see `shapenet.models.safe_weights` for loading them.

    Raises:
        RunError: The checkpoint is missing or damaged, or leads out of the folder of all checkpoints.
    """
    place = Place(str(checkpoint))
    root = checkpoint.parent
    try:
        digests: dict[str, str] = json.loads(read_regular(checkpoint / _MANIFEST, root))
        for file in (WEIGHTS, _STATE):
            with open_regular(checkpoint / file, root, MAX_BYTES) as opened:
                received = hashlib.file_digest(opened, "sha256").hexdigest()
            if digests[file] != received:
                message = f"{file} is damaged: expected SHA-256 {digests[file]}, received {received}"
                raise RunError("run/checkpoint", message, place=place)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "the run may have ended before its first epoch did"
        raise RunError("run/checkpoint", f"there is no whole checkpoint: {error}", place=place, hint=hint) from None
    return checkpoint / WEIGHTS


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
