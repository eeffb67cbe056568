"""Evaluation: a run's best model on a split or on other data, as figures, pictures and predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.checkpoint import checked_weights
from shapenet.evaluation.classification_report import ClassificationReport, Probabilities, classify
from shapenet.evaluation.outputs import write_outputs
from shapenet.evaluation.subject import Subject, data_for_run, split_of_run
from shapenet.experiment import Experiment, experiment_of_run, run_at_fault
from shapenet.models.build import InputSpec, build_model
from shapenet.models.weights import check_room, load_weights_safely
from shapenet.rundir.atomic import write_atomic
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.rundir.reading import check_inside
from shapenet.training.reporter import Reporter
from shapenet.training.session import import_keras_meanwhile, start_session

if TYPE_CHECKING:
    from shapenet.data.stream.batches import AnyBatches


@dataclass(frozen=True)
class Evaluation:
    """How a run's best model does.

    Attributes:
        run: The run.
        split: Name of the split, or the path of the other data.
        epoch: The epoch whose weights were used.
        figures: ``loss`` and the metrics by name.
        report: Figures per class and the confusion matrix.
        folder: Where the outputs are.
        predictions: The CSV of predictions.
        pictures: The pictures.
        warnings: What is worth knowing about the data.
        num_left_out: Number of records of the source that can't be read, and are part of no split.
    """

    run: RunDir
    split: str
    epoch: int | None
    figures: Mapping[str, float]
    report: ClassificationReport
    folder: Path
    predictions: Path
    pictures: tuple[Path, ...]
    warnings: tuple[str, ...]
    num_left_out: int

    def to_json(self) -> dict[str, Any]:
        """What ``metrics.json`` holds."""
        figures = {**self.figures, **self.report.to_json()}
        about = {"run": self.run.id, "split": self.split, "epoch": self.epoch}
        return {**about, **figures, "num_left_out": self.num_left_out}


def evaluate(run: RunDir, *, split: str, data: Path | None, reporter: Reporter, trust: bool = False) -> Evaluation:
    """Evaluate the best checkpoint of a run, and write the outputs below its ``eval`` folder.

    Args:
        run: The run.
        split: ``train``, ``val`` or ``test``; not looked at if `data` is given.
        data: A file or folder of other images and labels.
        reporter: Hears of packing.
        trust: Run the plug-ins that the run's config names, although this user has not run them before.

    Raises:
        RunError: The run names plug-ins that are not trusted, has no whole checkpoint or no
            such split, or its data has changed.
        DataError: The data is missing, damaged or unfit.
        MachineError: The outputs can't be written.
    """
    experiment = experiment_of_run(run.resolved_config, trust=trust)
    check_inside(run.all_evals_dir, run.root)
    importing = import_keras_meanwhile()
    weights = checked_weights(run.best_dir)
    if data is None:
        subject = split_of_run(run, experiment, split, reporter)
    else:
        subject = data_for_run(run, experiment, data, reporter)
    importing.join()
    figures, probabilities = _predict(experiment, subject, weights)
    report = classify(subject.split.labels, probabilities, subject.classes)
    folder = run.eval_dir(subject.folder)
    check_inside(folder, run.root)
    pictures = write_outputs(folder, run, subject, probabilities, report)
    best = read_manifest(run.run_json).best
    evaluation = Evaluation(
        run, subject.name, best.epoch if best else None, figures, report, folder, folder / "predictions.csv",
        pictures, subject.warnings, subject.num_left_out,
    )  # fmt: skip
    write_atomic(
        run.eval_metrics(subject.folder), json.dumps(evaluation.to_json(), indent=2, ensure_ascii=False) + "\n"
    )
    return evaluation


def _predict(experiment: Experiment, subject: Subject, weights: Path) -> tuple[dict[str, float], Probabilities]:
    """Loss and metrics by Keras, and the probabilities of every example."""
    from shapenet.data.stream.batches import batches_of
    from shapenet.training.build import compile_model
    from shapenet.training.feed import auto_steps, reading, to_dataset

    config = experiment.config
    split = subject.split
    batches = batches_of(split, config.training.batch_size)
    with run_at_fault(), experiment.locating():
        spec = InputSpec(split.image_shape, split.image_dtype, len(subject.classes))
        start_session(config.training, config.seed)
        check_room(lambda: build_model(config.model, config.task.create(), spec, config.name), weights)
        start_session(config.training, config.seed)
        compiled = compile_model(config, spec, steps_per_execution=auto_steps(batches))
    load_weights_safely(compiled.model, weights, weights.parents[1])
    feed = to_dataset(batches, len(subject.classes), one_hot=compiled.one_hot)
    with reading(batches):
        evaluated = compiled.model.evaluate(feed, verbose=0, return_dict=True)
        outputs = _in_order(compiled.model.predict(feed, verbose=0), batches)
    figures = {name: float(value) for name, value in evaluated.items()}
    ordered = {"loss": figures["loss"], **{name: figures[name] for name in compiled.metrics}}
    return ordered, compiled.task.probabilities(outputs, logits=compiled.logits)


def _in_order(outputs: Any, batches: AnyBatches) -> Any:
    """Outputs in the order of the split: where sizes vary, batches are not."""
    import numpy as np

    ordered = np.empty_like(outputs)
    ordered[batches.positions()] = outputs
    return ordered
