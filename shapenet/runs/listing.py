"""What there is to know about runs without loading any: a row for each, details of one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shapenet.errors import RunError
from shapenet.rundir.find import iterate_runs
from shapenet.rundir.manifest import RunManifest, read_manifest, shown_status
from shapenet.rundir.paths import RunDir
from shapenet.rundir.reading import check_inside, read_regular
from shapenet.rundir.status import RowStatus

_RESUMABLE = ("interrupted", "dead", "failed")
"""A run that diverged would do so again."""


@dataclass(frozen=True)
class RunRow:
    """One run in a list; what is not known is None.

    Attributes:
        id: The run directory's name.
        project: The project's name, or its folder's for a damaged run.
        name: The experiment's name, or the id for a damaged run.
        status: How the run goes or went.
        started: When it started, UTC.
        epochs: Number of complete epochs.
        monitor: Name of the metric that decides which epoch is best.
        best: Its value in the best epoch.
        eval_metric: Once it is evaluated on the test split, the accuracy if it has one, or else its first metric.
        eval_value: Its value on the test split.
        path: The run directory.
        resumable: Whether ``shapenet train --resume`` can go on in it.
    """

    id: str
    project: str
    name: str
    status: RowStatus
    started: datetime | None
    epochs: int | None
    monitor: str | None
    best: float | None
    eval_metric: str | None
    eval_value: float | None
    path: Path
    resumable: bool = False

    def to_json(self) -> dict[str, Any]:
        """The row as JSON holds it: times in ISO 8601, unknown values null."""
        started = self.started.isoformat() if self.started else None
        return {**vars(self), "started": started, "path": str(self.path)}


@dataclass(frozen=True)
class RunDetails:
    """Everything that `show_run` knows about a run.

    Attributes:
        row: Its row in a list.
        manifest: Its manifest.
        metrics: The metrics of every complete epoch, in order.
        evaluations: Figures by split, then by name.
    """

    row: RunRow
    manifest: RunManifest
    metrics: tuple[dict[str, Any], ...]
    evaluations: dict[str, dict[str, float]]

    def to_json(self) -> dict[str, Any]:
        """The details as JSON holds them."""
        return {
            **self.row.to_json(),
            "manifest": self.manifest.model_dump(mode="json"),
            "metrics": list(self.metrics),
            "evaluations": self.evaluations,
        }


def list_runs(runs_dir: Path, *, project: str | None = None, statuses: Iterable[str] = ()) -> list[RunRow]:
    """The runs below `runs_dir`, the newest first.

    Folders without run.json are passed over.

    Args:
        runs_dir: Folder of all runs; one that is missing has none.
        project: List this project's runs only.
        statuses: List runs of these statuses only; empty for all.
    """
    wanted = frozenset(statuses)
    rows = [_row(run) for run in iterate_runs(runs_dir)]
    chosen = [
        row for row in rows if (project is None or row.project == project) and (not wanted or row.status in wanted)
    ]
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(chosen, key=lambda row: (row.started or oldest, row.id), reverse=True)


def show_run(run: RunDir) -> RunDetails:
    """All that a run's files say about it.

    Raises:
        RunError: Its manifest is missing or damaged.
    """
    manifest = read_manifest(run.run_json)
    check_inside(run.all_evals_dir, run.root)
    folders = sorted(path for path in run.all_evals_dir.glob("*") if path.is_dir())
    found = {folder.name: _eval_figures(run, folder.name) for folder in folders}
    evaluations = {split: figures for split, figures in found.items() if figures}
    return RunDetails(_readable_row(run, manifest), manifest, read_metrics(run.metrics), evaluations)


def read_metrics(path: Path) -> tuple[dict[str, Any], ...]:
    """The rows of a metrics.jsonl; a missing file has none, and a line cut short is passed over."""
    try:
        lines = read_regular(path, path.parent).decode(errors="replace").splitlines()
    except OSError:
        return ()
    rows = (_parsed(line) for line in lines)
    return tuple(row for row in rows if isinstance(row, dict))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | float:
    """An integer of 64 bits, or a float: no count or metric is larger, and nothing can show it."""
    return int(digits) if len(digits) < 19 else float(digits)


def _row(run: RunDir) -> RunRow:
    try:
        return _readable_row(run, read_manifest(run.run_json))
    except RunError:
        return RunRow(
            run.id,
            run.root.parent.name,
            run.id,
            "damaged",
            _started_by_name(run.id),
            None,
            None,
            None,
            None,
            None,
            run.root,
        )


def _readable_row(run: RunDir, manifest: RunManifest) -> RunRow:
    status = shown_status(manifest, run.lock)
    figures = _eval_figures(run, "test")
    metric = _main_metric(figures, manifest)
    return RunRow(
        id=run.id,
        project=manifest.project,
        name=manifest.name,
        status=status,
        started=manifest.started_at.astimezone(UTC),
        epochs=manifest.epochs_done,
        monitor=manifest.best.monitor if manifest.best else None,
        best=manifest.best.value if manifest.best else None,
        eval_metric=metric,
        eval_value=figures.get(metric) if metric else None,
        path=run.root,
        resumable=status in _RESUMABLE and run.resolved_config.is_file(),
    )


def _main_metric(figures: Mapping[str, float], manifest: RunManifest) -> str | None:
    """The name of the figure of an evaluation that tells most; the loss only where there is nothing else."""
    known = {name.removeprefix("val_") for name in manifest.best.metrics} if manifest.best else set()
    names = ["accuracy", *(name for name in figures if name in known and not name.endswith("loss")), "loss"]
    return next((name for name in names if name in figures), None)


def _started_by_name(run_id: str) -> datetime | None:
    match = re.match(r"\d{8}-\d{6}(?=-)", run_id)
    try:
        return datetime.strptime(match[0], "%Y%m%d-%H%M%S").astimezone(UTC) if match else None
    except ValueError:
        return None


def _eval_figures(run: RunDir, split: str) -> dict[str, float]:
    try:
        content = _parsed(read_regular(run.eval_metrics(split), run.root).decode(errors="replace"))
    except OSError:
        return {}
    figures = content.items() if isinstance(content, dict) else ()
    return {
        name: value
        for name, value in figures
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
    }
