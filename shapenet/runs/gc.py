"""Finds what killed processes left in the folder of runs, and removes it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from shapenet.callbacks.checkpoint import needed, others
from shapenet.errors import RunError
from shapenet.rundir.atomic import TEMPORARY_PREFIX
from shapenet.rundir.leftovers import remove, unfinished
from shapenet.rundir.lock import RunLock, holder_of
from shapenet.rundir.manifest import is_alive, read_manifest, shown_status
from shapenet.rundir.paths import LATEST, RunDir
from shapenet.rundir.reading import check_contained
from shapenet.rundir.status import ShownStatus

_RUN_ID = re.compile(r"\d{8}-\d{6}-.+-[0-9a-f]{6,}(-\d+)?")
_KILLED = "left by a process that was killed"
_YOUNG_SECONDS = 3600
"""A run directory without run.json may be one that is just being made."""


@dataclass(frozen=True)
class Leftover:
    """Something that nobody needs.

    Attributes:
        path: A file, a link or a folder.
        reason: Why nobody needs it.
        num_bytes: How much room it takes.
    """

    path: Path
    reason: str
    num_bytes: int


def collect_garbage(runs_dir: Path, *, dry_run: bool) -> list[Leftover]:
    """Remove what killed processes left behind; runs that a process works on are passed over.

    That is: temporary files and folders; checkpoints that are neither the best nor needed to go on;
    and runs that were killed before they had saved anything: their command begins them again.

    Links to projects, runs or folders of checkpoints are not followed, and a run directory in which
    somebody has put something of their own stays.

    Args:
        runs_dir: Folder of all runs.
        dry_run: Look only.

    Returns:
        What was found, and removed unless `dry_run`.

    Raises:
        MachineError: Something can't be removed.
    """
    found = list(_broken_links(runs_dir))
    for folder in sorted(runs_dir.glob("*/*")):
        is_run = folder.is_dir() and not _is_behind_link(folder) and _RUN_ID.fullmatch(folder.name)
        if is_run and _is_contained(folder):
            with suppress(RunError):  # somebody has just begun to work on it, or its record is damaged
                found += _collect(RunDir(folder), dry_run=dry_run)
    for leftover in [] if dry_run else _broken_links(runs_dir):
        remove(leftover.path)
    return found


def _is_behind_link(path: Path) -> bool:
    return path.is_symlink() or path.parent.is_symlink()


def _is_contained(folder: Path) -> bool:
    """Whether nothing in a run leads out of it: or else nothing in it is removed."""
    try:
        check_contained(folder)
    except (RunError, OSError):
        return False
    return True


def _collect(run: RunDir, *, dry_run: bool) -> list[Leftover]:
    """What nobody needs of a run, removed unless `dry_run`.

    Raises:
        RunError: Its record is damaged, or somebody works on it.
        MachineError: Something can't be removed.
    """
    if holder_of(run.lock):
        return []
    manifest = read_manifest(run.run_json) if os.path.lexists(run.run_json) else None
    status = shown_status(manifest, run.lock) if manifest else None
    if status == "running":
        return []  # on another machine, whose locks may not be seen here
    with nullcontext() if dry_run or not manifest else RunLock(run.lock):
        if manifest and read_manifest(run.run_json) != manifest:
            return []  # somebody was faster, and is done
        found = list(_leftovers(run, status))
        for leftover in [] if dry_run else found:
            remove(leftover.path)
    return found


def _leftover(path: Path, reason: str) -> Leftover:
    below = path.rglob("*") if path.is_dir() and not path.is_symlink() else ()
    return Leftover(path, reason, sum(one.lstat().st_size for one in (path, *below) if not one.is_dir()))


def _broken_links(runs_dir: Path) -> Iterator[Leftover]:
    for path in runs_dir.glob(f"{TEMPORARY_PREFIX}{LATEST}-*"):
        pid = path.name.rpartition("-")[2]
        if not (pid.isdigit() and is_alive(int(pid))):
            yield _leftover(path, _KILLED)


def _leftovers(run: RunDir, status: ShownStatus | None) -> Iterator[Leftover]:
    if status is None:
        if time.time() - run.root.stat().st_mtime > _YOUNG_SECONDS and not _has_more(run):
            yield _leftover(run.root, "killed before it had a record")
        return
    checkpoints = run.checkpoints_dir
    saved = list(others(checkpoints, set()))
    if status == "dead" and not saved and not _has_more(run):
        yield _leftover(run.root, "killed before it had saved anything")
        return
    yield from (_leftover(path, _KILLED) for path in unfinished(run.root))
    if saved:
        keep = 0 if status == "done" else len(saved)
        unneeded = others(checkpoints, needed(checkpoints, keep))
        reason = "not needed: the run is over" if status == "done" else "neither the best nor one to go on from"
        yield from (_leftover(path, reason) for path in unneeded)


def _has_more(run: RunDir) -> bool:
    """Whether there is something in a run's directory that training does not write before it saves anything."""
    early = (
        run.config, run.resolved_config, run.run_json, run.lock, run.model_text, run.logs_dir, run.data_dir,
    )  # fmt: skip
    known = {path.name for path in early}
    checkpoints = run.checkpoints_dir
    if checkpoints.is_dir() and not any(_finished(checkpoints)):
        known.add(checkpoints.name)
    return any(path.name not in known for path in _finished(run.root))


def _finished(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if not path.name.startswith(TEMPORARY_PREFIX))
