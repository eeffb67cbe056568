"""The files of an evaluation: predictions, confusion matrix, mistakes, curves."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from shapenet.evaluation.classification_report import ClassificationReport, Probabilities, mistakes
from shapenet.evaluation.confusion_plot import write_confusion_plot
from shapenet.evaluation.curves import write_curves
from shapenet.evaluation.predictions import write_predictions
from shapenet.evaluation.subject import Subject
from shapenet.rundir.atomic import write_atomic
from shapenet.rundir.manifest import RunManifest, read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.runs.listing import read_metrics

_TIMES = ("epoch", "loss", "learning_rate", "seconds", "images_per_second")


def write_outputs(
    folder: Path, run: RunDir, subject: Subject, probabilities: Probabilities, report: ClassificationReport
) -> tuple[Path, ...]:
    """Write every file but the figures.

    Args:
        folder: Where to.
        run: The run that was evaluated.
        subject: What it was evaluated on.
        probabilities: Its predictions, shape ``(n, num_classes)``.
        report: Its figures.

    Returns:
        The pictures that were written.

    Raises:
        MachineError: The folder can't be written.
    """
    manifest = read_manifest(run.run_json)
    labels = subject.split.labels
    write_predictions(folder / "predictions.csv", subject.names, labels, probabilities, subject.classes)
    write_atomic(folder / "confusion.csv", _confusion_csv(report))
    pictures = [folder / "confusion.png"]
    write_confusion_plot(pictures[0], report, run_name=manifest.name, split=Path(subject.name).name)
    if _write_curves(folder / "curves.png", run, manifest):
        pictures.append(folder / "curves.png")
    if _write_mistakes(folder / "mistakes.png", subject, probabilities, manifest.name):
        pictures.append(folder / "mistakes.png")
    return tuple(pictures)


def _confusion_csv(report: ClassificationReport) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["true \\ predicted", *report.classes])
    writer.writerows([name, *counts] for name, counts in zip(report.classes, report.confusion.tolist(), strict=True))
    return text.getvalue()


def _write_curves(path: Path, run: RunDir, manifest: RunManifest) -> bool:
    """Draw how the training went; without its metrics, an older picture goes. Returns whether there are some."""
    rows = read_metrics(run.metrics)
    if not rows:
        path.unlink(missing_ok=True)
        return False
    metric = next((name for name in rows[0] if name not in _TIMES and not name.startswith("val_")), "loss")
    best_epoch = manifest.best.epoch if manifest.best else None
    write_curves(path, rows, run_name=manifest.name, metric=metric, best_epoch=best_epoch)
    return True


def _write_mistakes(path: Path, subject: Subject, probabilities: Probabilities, run_name: str) -> bool:
    """Draw the surest mistakes; without any, an older picture goes. Returns whether there are some."""
    import numpy as np

    from shapenet.data.inspect.sheet import titled
    from shapenet.data.inspect.view import viewable
    from shapenet.data.preview import contact_sheet
    from shapenet.words import counted

    wrong = mistakes(subject.split.labels, probabilities)
    if not wrong:
        path.unlink(missing_ok=True)
        return False
    images = subject.split.image_list(np.array([mistake.index for mistake in wrong]))
    captions = [f"{subject.classes[m.label]} as {subject.classes[m.predicted]} ({m.confidence:.0%})" for m in wrong]
    buffer = io.BytesIO()
    heading = (
        f"{run_name}: mistakes on {Path(subject.name).name}",
        f"the {counted(len(wrong), 'mistake')} it was surest of: class as predicted class (probability)",
    )
    titled(contact_sheet(viewable(images), captions, columns=6, tile=128), heading).save(buffer, "PNG")
    write_atomic(path, buffer.getvalue())
    return True
