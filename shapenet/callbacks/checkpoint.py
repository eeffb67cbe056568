"""A checkpoint on disk: weights, state, and a manifest of their hashes, committed by one rename."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shapenet.callbacks.weights_file import save_weights
from shapenet.errors import MachineError, Place, RunError
from shapenet.rundir.atomic import machine_errors, new_folder
from shapenet.rundir.leftovers import remove
from shapenet.rundir.reading import check_regular, open_regular, read_regular

if TYPE_CHECKING:
    from shapenet.callbacks.state import Arrays

WEIGHTS = "model.weights.h5"
MAX_BYTES = 200_000_000_000
"""The largest file of a checkpoint that is looked at; loading it has a limit that the model tells."""
_ARRAYS = "state.npz"
_STATE = "state.json"
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Position:
    """How far a training is.

    Attributes:
        epoch: Number of the epoch, from 1; 0 before the first.
        step: Steps of it that are done, 0 where it begins anew; None if the epoch and its validation are over.
    """

    epoch: int = 0
    step: int | None = None

    @property
    def name(self) -> str:
        """Name of the checkpoint's folder."""
        return f"epoch-{self.epoch:04d}" + ("" if self.step is None else f"-step-{self.step:06d}")

    @property
    def epochs_done(self) -> int:
        """Number of epochs that are over."""
        return self.epoch if self.step is None else self.epoch - 1

    @property
    def order(self) -> tuple[int, float]:
        """Grows as the training goes on."""
        return self.epoch, math.inf if self.step is None else self.step

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The position of a checkpoint's folder; None if it is none."""
        match = re.fullmatch(r"epoch-(\d{4,9})(?:-step-(\d{6,12}))?", name)
        return cls(int(match[1]), int(match[2]) if match[2] else None) if match else None

    def __str__(self) -> str:
        return f"epoch {self.epoch}" + ("" if self.step is None else f", step {self.step:,}")


class Draft:
    """A checkpoint whose files are written, but neither safe on the disk nor under its name yet.

    Args:
        target: The folder that it becomes.
        model: The ``keras.Model`` whose weights to write, without its optimizer.
        values: Plain values of the state.
        arrays: Arrays of the state; None for weights that no training goes on from.

    Raises:
        MachineError: The disk refuses, or something has the name.
    """

    def __init__(self, target: Path, model: Any, values: Mapping[str, Any], arrays: Arrays | None = None) -> None:
        import numpy as np

        if os.path.lexists(target):  # what is there is another one, or the ruin of one
            message, hint = "expected no checkpoint of this name, received one", "move it away, and resume the run"
            raise MachineError("machine/write", message, place=Place(str(target)), hint=hint)
        self._target = target
        self._num_bytes = _bytes_of(model.weights) + _bytes_of((arrays or {}).values())
        self._stack = ExitStack()
        with self._stack:
            self._folder = self._stack.enter_context(new_folder(target))
            with machine_errors(target, self._num_bytes):
                save_weights(model, self._folder / WEIGHTS)
                (self._folder / _STATE).write_text(json.dumps(dict(values)) + "\n")
                if arrays is not None:
                    with (self._folder / _ARRAYS).open("wb") as file:
                        np.savez(file, allow_pickle=False, **arrays)
            self._stack = self._stack.pop_all()

    def commit(self) -> None:
        """Hash the files, see them onto the disk, and give the folder its name.

        Raises:
            MachineError: The disk refuses.
        """
        with self._stack, machine_errors(self._target, self._num_bytes):
            files = sorted(path.name for path in self._folder.iterdir())
            digests = {name: _digest(self._folder / name) for name in files}
            (self._folder / _MANIFEST).write_text(json.dumps(digests, indent=1) + "\n")


def linked(link: Path) -> Path:
    """The checkpoint that ``best`` or ``last`` names now: it stays that one when training moves the link on."""
    target = link.readlink() if link.is_symlink() else Path()
    return link.parent / target if len(target.parts) == 1 else link


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
        for file in (WEIGHTS, _STATE, *({_ARRAYS} & digests.keys())):
            with open_regular(checkpoint / file, root, MAX_BYTES) as opened:
                received = hashlib.file_digest(opened, "sha256").hexdigest()
            if digests[file] != received:
                message = f"{file} is damaged: expected SHA-256 {digests[file]}, received {received}"
                hint = "shapenet train --resume RUN goes on from the newest checkpoint that is whole"
                raise RunError("run/checkpoint", message, place=place, hint=hint)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        hint = "the run may have ended before its first epoch did"
        raise RunError("run/checkpoint", f"there is no whole checkpoint: {error}", place=place, hint=hint) from None
    return checkpoint / WEIGHTS


def read_state(checkpoint: Path) -> dict[str, Any]:
    """The plain values of a checkpoint's state.

    Raises:
        RunError: They are missing or damaged.
    """
    place = Place(str(checkpoint / _STATE))
    try:
        values = json.loads(read_regular(checkpoint / _STATE, checkpoint.parent))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError("run/checkpoint", f"expected a checkpoint's state, received: {error}", place=place) from None
    if not isinstance(values, dict):
        raise RunError("run/checkpoint", f"expected a mapping, received {type(values).__name__}", place=place)
    if not (_is_number(values.get("seconds", 0)) and _is_row(values.get("best") or {"epoch": 1})):
        raise RunError("run/checkpoint", "expected a number of seconds, and the best epoch's row", place=place)
    return values


def _is_number(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)


def _is_row(best: object) -> bool:
    """Whether it is what the best epoch measured, with its number."""
    if not isinstance(best, dict) or not all(_is_number(value) for value in best.values()):
        return False
    epoch = best.get("epoch")
    return isinstance(epoch, int) and 1 <= epoch < 10**9


def read_arrays(checkpoint: Path, max_bytes: int = MAX_BYTES) -> Arrays:
    """The arrays of a checkpoint's state; nothing in the file is run, and it can't be larger than it looks.

    Args:
        checkpoint: Its folder.
        max_bytes: The most that the file may hold.

    Raises:
        RunError: They are missing, or not as a checkpoint has them.
    """
    import numpy as np

    path = checkpoint / _ARRAYS
    try:
        check_regular(path, checkpoint.parent, max_bytes)
        with zipfile.ZipFile(path) as archive:
            for item in archive.infolist():
                _check_member(archive, item)
            if sum(item.file_size for item in archive.infolist()) > path.stat().st_size:
                raise ValueError("arrays that hold the same bytes")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        message = f"expected a checkpoint's arrays, received: {error}"
        raise RunError("run/checkpoint", message, place=Place(str(path))) from None


def _check_member(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    """Refuse what is compressed, or no array, or declares more than it holds: NumPy takes memory for it at once."""
    from numpy.lib import format as npy

    if item.compress_type != zipfile.ZIP_STORED:
        raise ValueError("an array that is compressed")
    with archive.open(item) as member:
        version = npy.read_magic(member)
        if version != (1, 0):
            raise ValueError(f"an array of the form {version}")
        shape, _, dtype = npy.read_array_header_1_0(member)
        num_bytes = math.prod(shape) * dtype.itemsize
        if dtype.kind not in "biufcSU" or dtype.shape or num_bytes != item.file_size - member.tell():
            raise ValueError(f"{item.filename}: {dtype} {shape} in {item.file_size:,} bytes")


def positions(folder: Path) -> Iterator[tuple[Position, Path]]:
    """The checkpoints of a folder from which a training can go on, the newest first; whole or not."""
    found = ((Position.named(path.name), path) for path in folder.glob("epoch-*") if not path.is_symlink())
    known = [(position, path) for position, path in found if position and (path / _ARRAYS).is_file()]
    yield from sorted(known, key=lambda one: one[0].order, reverse=True)


def best_of(values: Mapping[str, Any]) -> Position | None:
    """The best epoch that a state, as `read_state` gives it, names."""
    best = values.get("best")
    return Position(int(best["epoch"])) if best else None


def needed(folder: Path, keep: int) -> set[str]:
    """Names of the checkpoints that must stay: what the links name, the newest `keep`, and the best of each."""
    names = {entry.resolve().name for entry in folder.iterdir() if entry.is_symlink()}
    for _, path in list(positions(folder))[:keep]:
        names.add(path.name)
        with suppress(RunError):
            best = best_of(read_state(path))
            names |= {best.name} if best else set()
    return names


def remove_others(folder: Path, names: set[str]) -> list[Path]:
    """Remove the checkpoints of a folder but for `names`; returns what is gone.

    Raises:
        MachineError: One of them can't be removed.
    """
    gone = list(others(folder, names))
    for path in gone:
        remove(path)
    return gone


def others(folder: Path, names: set[str]) -> Iterator[Path]:
    """The checkpoints of a folder but for `names`; what else lies there is somebody's own."""
    found = (path for path in sorted(folder.glob("epoch-*")) if Position.named(path.name) and not path.is_symlink())
    return (path for path in found if path.name not in names)


def _bytes_of(arrays: Iterable[Any]) -> int:
    """How many bytes arrays or variables take."""
    import numpy as np

    return sum(math.prod(array.shape) * np.dtype(array.dtype).itemsize for array in arrays)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
