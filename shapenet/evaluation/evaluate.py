"""Evaluation: a run's best model on a split or on other data, as figures, pictures and predictions."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.checkpoint import checked_weights
from shapenet.errors import Place, RunError
from shapenet.evaluation.classification_report import ClassificationReport, Probabilities, classify
from shapenet.evaluation.outputs import write_outputs
from shapenet.evaluation.subject import Subject, data_for_run, split_of_run
from shapenet.experiment import Experiment, load_experiment, named_plugins
from shapenet.layers.backbone import without_weight_files
from shapenet.models.build import InputSpec
from shapenet.plugins import was_run
from shapenet.rundir.atomic import write_atomic
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training.reporter import Reporter
from shapenet.training.session import import_keras_meanwhile, start_session

if TYPE_CHECKING:
    from shapenet.data.stream.batches import AnyBatches
    from shapenet.training.build import Compiled


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
    if not trust:
        _check_plugins(run)
    importing = import_keras_meanwhile()
    weights = checked_weights(run.best_dir)
    experiment = load_experiment(run.resolved_config)
    if data is None:
        subject = split_of_run(run, experiment, split, reporter)
    else:
        subject = data_for_run(run, experiment, data, reporter)
    importing.join()
    figures, probabilities = _predict(experiment, subject, weights)
    report = classify(subject.split.labels, probabilities, subject.classes)
    folder = run.eval_dir(subject.folder)
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


def _check_plugins(run: RunDir) -> None:
    """Refuse a run whose config would run code that this user has never passed to shapenet."""
    strange = [plugin for plugin in named_plugins(run.resolved_config) if plugin.is_file() and not was_run(plugin)]
    if strange:
        raise RunError(
            "run/untrusted",
            f"the run would run code that you have not run before: {', '.join(map(str, strange))}",
            place=Place(str(run.resolved_config)),
            hint="read it, and add --trust if you trust it",
        )


def _predict(experiment: Experiment, subject: Subject, weights: Path) -> tuple[dict[str, float], Probabilities]:
    """Loss and metrics by Keras, and the probabilities of every example."""
    from shapenet.data.stream.batches import batches_of
    from shapenet.training.build import compile_model
    from shapenet.training.feed import auto_steps, reading, to_dataset

    config = experiment.config
    split = subject.split
    batches = batches_of(split, config.training.batch_size)
    with experiment.locating():
        start_session(config.training, config.seed)
        spec = InputSpec(split.image_shape, split.image_dtype, len(subject.classes))
        with without_weight_files():  # the run's own replace them
            compiled = compile_model(config, spec, steps_per_execution=auto_steps(batches))
    _load_weights(compiled, weights)
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


def _load_weights(compiled: Compiled, weights: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the optimizer's state, which evaluation does not need
            compiled.model.load_weights(weights)
    except (ValueError, KeyError, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise RunError(
            "run/checkpoint", f"the weights don't fit the run's config: {reason}", place=Place(str(weights))
        ) from error
