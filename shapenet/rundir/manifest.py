"""The manifest of a run: what run.json says about where it came from and how it went."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

import shapenet
from shapenet.errors import Place, RunError
from shapenet.rundir.atomic import write_atomic
from shapenet.rundir.lock import holder_of
from shapenet.rundir.reading import read_regular
from shapenet.rundir.status import ShownStatus, Status

_GIT_TIMEOUT_SECONDS = 5
MAX_BYTES = 16_000_000
"""The largest run.json that is read."""


_Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Time = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 2, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC))]


class _Part(BaseModel):
    """Frozen; fields of later versions are passed over when read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class GitState(_Part):
    """The state of the repository that a run was started in.

    Attributes:
        commit: Full hash of the commit that was checked out.
        dirty: Whether tracked files differed from it.
    """

    commit: str
    dirty: bool


class Device(_Part):
    """What a run computes on.

    Attributes:
        kind: ``cpu``, ``gpu``, ...
        name: The maker's name of the model.
        num: Number of devices.
        precision: The resolved precision, for example ``mixed_bfloat16``.
        deterministic: Whether equal configs give equal numbers on it; None if not recorded.
    """

    kind: str
    name: str
    num: _Integer = 1
    precision: str = "float32"
    deterministic: bool | None = None


class Best(_Part):
    """The best epoch so far.

    Attributes:
        epoch: The epoch, from 1.
        monitor: Name of the metric that decides.
        value: Its value; None if it was not a finite number.
        metrics: All metrics of that epoch; None as for `value`.
        rising: Names of those of them that grow as the model improves; None if it was not written.
    """

    epoch: _Integer
    monitor: str
    value: float | None
    metrics: dict[str, float | None] = {}
    rising: tuple[str, ...] | None = None


class ImageSpec(_Part):
    """What the images of a run are.

    Attributes:
        shape: ``(height, width, channels)``; None where a side varies.
        dtype: NumPy's name of their type.
    """

    shape: Annotated[tuple[Annotated[int, Field(ge=1)] | None, ...], Field(min_length=3, max_length=3)]
    dtype: Annotated[str, Field(pattern=r"^(uint8|uint16|float32)$")]


class Resumed(_Part):
    """A time at which the run went on.

    Attributes:
        at: When, UTC.
        epoch: The epoch, from 1, in which it went on.
        step: How many of its steps had been done.
        command: The command line.
        changes: What was changed: field, then what it was and what it is, as text.
        exact: Whether the device gives the same numbers again, so that the run is the one that nobody had
            disturbed; None if it was not written.
    """

    at: AwareDatetime
    epoch: int
    step: int
    command: tuple[str, ...] = ()
    changes: dict[str, tuple[str, str]] = {}
    exact: bool | None = None


class FieldStatistics(_Part):
    """What a task asked of a field of the train split; None is what none asked.

    Attributes:
        mean: Mean over the records: a number, or nested lists of the field's shape.
        deviation: Standard deviation over the records, likewise.
        counts: How often each value from 0 on occurs.
        num_records: How many records the train split has.
    """

    mean: Any = None
    deviation: Any = None
    counts: tuple[_Integer, ...] | None = None
    num_records: _Integer


class RunManifest(_Part):
    """The content of run.json. Numbers that are not finite are written as null.

    Attributes:
        status: How the run goes; see `shown_status` for runs that were killed.
        name: The experiment's name.
        project: The project that it belongs to.
        task: Name of the task; of several, each with the name that the config gives it.
        command: The command line, argument by argument.
        versions: Versions by package name, and of ``python``.
        git: The repository's state; None outside of one.
        device: None until it is known.
        seed: The seed.
        data_fingerprint: Digest of the data's content; None until it is known.
        image: What its images are; None until the data is known.
        class_counts: Images by split and class; empty until the data is known.
        statistics: Of fields of the train split that the tasks asked for.
        class_weight: What each class counts in the training loss; with several tasks, by the task's name; None
            where all count 1.
        num_parameters: Number of the model's parameters; None until it is built.
        started_at: When the run started first, UTC.
        ended_at: When it ended, UTC; None while it runs.
        pid: The training process.
        host: The machine of that process.
        epochs_done: Number of complete epochs.
        best: The best epoch; None before the first one ends.
        error: Message of the error that ended the run.
        resumed: Each time it went on after it had ended or been killed.
    """

    status: Status
    name: str
    project: str
    task: str
    command: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    git: GitState | None = None
    device: Device | None = None
    seed: _Integer
    data_fingerprint: str | None = None
    image: ImageSpec | None = None
    class_counts: dict[str, dict[str, _Integer]] = {}
    statistics: dict[str, FieldStatistics] = {}
    class_weight: dict[str, float] | dict[str, dict[str, float]] | None = None
    num_parameters: _Integer | None = None
    started_at: _Time
    ended_at: _Time | None = None
    pid: _Integer
    host: str
    epochs_done: _Integer = 0
    best: Best | None = None
    error: str | None = None
    resumed: tuple[Resumed, ...] = ()

    def changed(self, **changes: Any) -> RunManifest:
        """A copy with some fields changed, validated.

        Raises:
            TypeError: There is no such field.
        """
        unknown = changes.keys() - type(self).model_fields.keys()
        if unknown:
            raise TypeError(f"Expected fields of a manifest. Received: {', '.join(sorted(unknown))}")
        return type(self).model_validate({**self.model_dump(), **changes})


def read_manifest(path: Path) -> RunManifest:
    """Read a run.json.

    Raises:
        RunError: It is missing, unreadable or damaged.
    """
    place = Place(str(path))
    try:
        return RunManifest.model_validate_json(read_regular(path, path.parent, MAX_BYTES))
    except FileNotFoundError as error:
        raise RunError("run/no-manifest", "expected a run's record, received no such file", place=place) from error
    except OSError as error:
        message = f"expected a readable file, received: {error.strerror}"
        raise RunError("run/unreadable", message, place=place) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"expected a run's record as JSON, received: {f'{where}: ' if where else ''}{first['msg']}"
        hint = "the file was changed or cut after it was written; the run's other files may be whole"
        raise RunError("run/damaged", message, place=place, hint=hint) from error


def write_manifest(path: Path, manifest: RunManifest) -> None:
    """Write a run.json in one step, so that a reader sees the old one or the new one.

    Raises:
        MachineError: The disk is full, the folder is read-only, and the like.
    """
    write_atomic(path, manifest.model_dump_json(indent=2) + "\n")


def shown_status(manifest: RunManifest, lock: Path | None = None) -> ShownStatus:
    """The status to show: ``dead`` where the manifest says ``running`` but nothing runs.

    A process that was killed can't write its end, so its manifest says ``running`` for
    ever. Only its own host can tell; elsewhere the manifest is believed. The file stays as it is:
    resuming the run, not looking at it, changes it.

    Args:
        manifest: The manifest.
        lock: The run's lock, which is free once its process is gone; without it, the number of
            the process tells, which another may have by now.
    """
    if manifest.status != "running" or manifest.host != socket.gethostname():
        return manifest.status
    runs = holder_of(lock) is not None if lock and lock.exists() else is_alive(manifest.pid)
    return "running" if runs else "dead"


def is_alive(pid: int) -> bool:
    """Whether there is a process of this number on this machine."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def host_versions() -> dict[str, str]:
    """Versions of Python, shapenet and what it computes with; importing none of it."""
    versions = {"python": platform.python_version(), "shapenet": shapenet.__version__}
    for package in ("keras", "tensorflow", "numpy"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git_state(folder: Path) -> GitState | None:
    """The commit that `folder`'s repository is at; None without repository, commit or git."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    if commit is None or changes is None:
        return None
    return GitState(commit=commit.strip(), dirty=bool(changes.strip()))


def _git(folder: Path, *arguments: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    # A repository's own settings may name a program to run as its file system monitor.
    command = [program, "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
