"""The files of an evaluation: what the tasks' reports write, and the curves of the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shapenet.callbacks.base import NO_FIGURES
from shapenet.evaluation.curves import write_curves
from shapenet.evaluation.gallery import SplitGallery
from shapenet.evaluation.subject import Subject
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.runs.listing import read_metrics
from shapenet.tasks.report import Files, Report


def write_outputs(
    folder: Path, run: RunDir, subject: Subject, reports: Mapping[str, Report], epoch: int | None
) -> tuple[dict[str, Files], tuple[Path, ...]]:
    """Write every file but the figures.

    Args:
        folder: Where to; each of several tasks gets a folder of its name in it.
        run: The run that was evaluated.
        subject: What it was evaluated on.
        reports: How it does, by task.
        epoch: The epoch whose weights these are.

    Returns:
        What each task's report wrote, and the pictures beside these.

    Raises:
        MachineError: The folder can't be written.
    """
    manifest = read_manifest(run.run_json)
    gallery = SplitGallery(manifest.name, Path(subject.name).name, subject.names, subject.split)
    files = {name: report.write(folder / name if name else folder, gallery) for name, report in reports.items()}
    curves = folder / "curves.png"
    return files, (curves,) if _write_curves(curves, run, tuple(reports), epoch) else ()


def _write_curves(path: Path, run: RunDir, tasks: Sequence[str], epoch: int | None) -> bool:
    """Draw how the training went; without its metrics, an older picture goes. Returns whether there are some."""
    rows = read_metrics(run.metrics)
    if not rows:
        path.unlink(missing_ok=True)
        return False
    names = [name for name in rows[0] if name not in (*NO_FIGURES, "loss") and not name.startswith("val_")]
    metrics = [found for task in tasks if (found := _first_metric(task, tasks, names))]
    run_name = read_manifest(run.run_json).name
    write_curves(path, rows, run_name=run_name, metrics=metrics, best_epoch=epoch)
    return True


def _first_metric(task: str, tasks: Sequence[str], names: Sequence[str]) -> str | None:
    """The first of the values `names` that is a metric of a task, whose name may begin as another's does."""
    prefix = f"{task}_" if task else ""
    longer = tuple(f"{other}_" for other in tasks if other.startswith(prefix) and prefix)
    own = (name for name in names if name.startswith(prefix) and not name.startswith(longer))
    return next((name for name in own if name != f"{prefix}loss"), None)
