"""What killed processes left unfinished in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from shapenet.rundir.atomic import TEMPORARY_PREFIX, machine_errors


def unfinished(root: Path) -> list[Path]:
    """The temporary files, folders and links below a folder, none inside another.

    Nobody may be at work there, which the run's lock tells.
    """
    found: list[Path] = []
    for path in sorted(root.rglob(f"{TEMPORARY_PREFIX}*")):
        if not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found


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
