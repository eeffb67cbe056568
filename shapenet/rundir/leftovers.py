"""What killed processes left unfinished in a folder."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from shapenet.rundir.atomic import TEMPORARY_PREFIX, machine_errors
from shapenet.rundir.paths import EVALS

_YOUNG_SECONDS = 60
"""A file is written faster than that."""


def unfinished(root: Path) -> list[Path]:
    """The temporary files, folders and links below a folder, none inside another.

    Nobody may be at work there, which the run's lock tells; but evaluations take no lock, so that what is young in
    their folder is left alone.
    """
    found: list[Path] = []
    for path in sorted(root.rglob(f"{TEMPORARY_PREFIX}*")):
        is_theirs = EVALS in path.relative_to(root).parts and _is_young(path)
        if not is_theirs and not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found


def _is_young(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime < _YOUNG_SECONDS
    except FileNotFoundError:  # it has its name by now
        return True


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it.

    Raises:
        MachineError: It can't be removed.
    """
    with machine_errors(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
