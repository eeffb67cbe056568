"""What a trial's process is told, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shapenet.config.nodes import Entry
from shapenet.errors import Place, RunError
from shapenet.rundir.status import Status

Opened = Callable[[Path], None]
"""Is given the run directory as soon as there is one."""


@dataclass(frozen=True)
class Job:
    """What a trial's process needs to know.

    Attributes:
        base: The experiment's file.
        assignments: Changes to it as dotted keys and values.
        runs_dir: Folder of all runs.
        command: The command line of the sweep.
        run: The run directory to go on in; None for a new one.
    """

    base: Path
    assignments: tuple[tuple[str, Entry], ...]
    runs_dir: Path
    command: tuple[str, ...]
    run: Path | None = None


@dataclass(frozen=True)
class TrialResult:
    """How a trial went.

    Attributes:
        status: As in the run's manifest.
        seconds: How long it took, start of the process included.
        run: The run directory; None if there is none.
        monitor: What the run monitored.
        metrics: Metrics of the best epoch.
        epochs: Number of complete epochs.
        error: What went wrong.
        signal: The number of the signal that came for the trial, or for the sweep meanwhile.
        rising: Names of the metrics that grow as the model improves; None if the run does not say.
    """

    status: Status
    seconds: float = 0.0
    run: str | None = None
    monitor: str | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    epochs: int | None = None
    error: str | None = None
    signal: int | None = None
    rising: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any], path: Path) -> TrialResult:
        """What `to_json` returned; other values are passed over.

        Args:
            values: The values.
            path: The file that has them.

        Raises:
            RunError: They are something else.
        """
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        try:
            return TypeAdapter(cls).validate_python(known)
        except ValidationError as error:
            what = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise RunError("run/study", f"expected a trial's result: {what}", place=Place(str(path))) from None


Work = Callable[[Job, Opened], TrialResult]
"""What is done in the process, told whom to give the run directory once there is one; must be importable there."""
