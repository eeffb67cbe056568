"""Evaluation: a run's best model on a split or on other data, as figures, pictures and predictions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.checkpoint import checked_weights, linked, read_state
from shapenet.errors import Place, RunError
from shapenet.evaluation.finite import check_finite, num_not_finite
from shapenet.evaluation.outputs import write_outputs
from shapenet.evaluation.subject import Subject, data_for_run, split_of_run
from shapenet.experiment import Experiment, experiment_of_run, run_at_fault
from shapenet.layers.backbone import without_weight_files
from shapenet.models.build import build_model
from shapenet.models.safe_weights import check_room, load_weights_safely
from shapenet.rundir.atomic import write_atomic
from shapenet.rundir.manifest import RunManifest, read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.rundir.reading import check_inside
from shapenet.tasks.report import Report
from shapenet.training.backend import choose_backend, computes_with_jax
from shapenet.training.fields import batch_fields, data_spec
from shapenet.training.inputs import given_of, input_spec
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
        num_examples: How many examples it was evaluated on.
        figures: ``loss`` and the metrics by name.
        reports: How it does, by task; the only one has the name ``""``.
        folder: Where the outputs are.
        predictions: The files of predictions, by task; tasks may have none.
        pictures: The pictures.
        warnings: What is worth knowing about the data.
        num_left_out: Number of records of the source that can't be read, and are part of no split.
    """

    run: RunDir
    split: str
    epoch: int | None
    num_examples: int
    figures: Mapping[str, float]
    reports: Mapping[str, Report]
    folder: Path
    predictions: Mapping[str, Path]
    pictures: tuple[Path, ...]
    warnings: tuple[str, ...]
    num_left_out: int

    def to_json(self) -> dict[str, Any]:
        """What ``metrics.json`` holds."""
        about = {"run": self.run.id, "split": self.split, "epoch": self.epoch}
        reports: dict[str, Any] = {}
        for name, report in self.reports.items():
            reports |= {name: report.to_json()} if name else report.to_json()
        return {**about, **self.figures, **reports, "num_left_out": self.num_left_out}


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
    with experiment.locating():
        choose_backend(experiment.config.runtime)
    importing = import_keras_meanwhile()
    checkpoint = linked(run.best_dir)
    weights = checked_weights(checkpoint)
    epoch = _epoch_of(checkpoint)
    if data is None:
        subject = split_of_run(run, experiment, split, reporter)
    else:
        subject = data_for_run(run, experiment, data, reporter)
    importing.join()
    manifest = read_manifest(run.run_json)
    with _placed_at(run):
        figures, reports = _predict(experiment, subject, weights, manifest)
    folder = run.eval_dir(subject.folder)
    check_inside(folder, run.root)
    files, pictures = write_outputs(folder, run, subject, reports, epoch)
    evaluation = Evaluation(
        run=run, split=subject.name, epoch=epoch, num_examples=len(subject.split),
        figures=figures, reports=reports, folder=folder,
        predictions={name: one.predictions for name, one in files.items() if one.predictions},
        pictures=(*(picture for one in files.values() for picture in one.pictures), *pictures),
        warnings=subject.warnings, num_left_out=subject.num_left_out,
    )  # fmt: skip
    write_atomic(
        run.eval_metrics(subject.folder), json.dumps(evaluation.to_json(), indent=2, ensure_ascii=False) + "\n"
    )
    return evaluation


def _epoch_of(checkpoint: Path) -> int | None:
    """The epoch that a checkpoint says itself; the run's record may be of a moment before or after."""
    epoch = read_state(checkpoint).get("epoch")
    return epoch if isinstance(epoch, int) else None


def _predict(
    experiment: Experiment, subject: Subject, weights: Path, manifest: RunManifest
) -> tuple[dict[str, float], dict[str, Report]]:
    """Loss and metrics by Keras, and the report of each task."""
    from shapenet.data.stream.batches import batches_of
    from shapenet.training.build import compile_model
    from shapenet.training.feed import auto_steps, reading, to_dataset
    from shapenet.training.statistics import RecordedStatistics
    from shapenet.training.tasks import bind_tasks

    config = experiment.config
    split = subject.split
    batches = batches_of(split, config.training.batch_size, fields=batch_fields(config))
    statistics = RecordedStatistics(manifest.statistics)
    with run_at_fault(), experiment.locating():
        start_session(config.training, config.seed)
        data = data_spec(split, subject.classes, statistics)
        spec = input_spec(config, data)
        with without_weight_files():  # the run's own replace them
            check_room(lambda: build_model(config.model, bind_tasks(config, data), spec, config.name), weights)
            start_session(config.training, config.seed)
            compiled = compile_model(config, data, steps_per_execution=auto_steps(batches))
    load_weights_safely(compiled.model, weights, weights.parents[1])
    feed = to_dataset(batches, compiled.encode, inputs=compiled.inputs)
    with reading(batches):
        evaluated = compiled.model.evaluate(feed, verbose=0, return_dict=True)
        reports = _judge(compiled, batches)
    figures = {name: float(value) for name, value in evaluated.items()}
    return {"loss": figures["loss"], **{name: figures[name] for name in compiled.metrics}}, reports


def _judge(compiled: Compiled, batches: AnyBatches) -> dict[str, Report]:
    """What the evaluator of each task makes of the outputs, batch by batch.

    Raises:
        RunError: Some outputs are not finite numbers.
    """
    import numpy as np

    tasks, forward = compiled.tasks, _forward(compiled.model)
    evaluators = {name: task.bound.evaluator(len(batches.split), logits=task.logits) for name, task in tasks.items()}

    positions, done, num_bad = batches.positions(), 0, 0
    for group in batches.groups(1):
        batch = {name: values[0] for name, values in group.items()}
        outputs = forward(given_of({name: batch[name] for name in compiled.inputs}, compiled.inputs))
        outputs = outputs if len(tasks) > 1 else dict.fromkeys(tasks, outputs)
        place = positions[done : done + len(next(iter(batch.values())))]
        done += len(place)
        numbers = {name: np.asarray(outputs[name]).astype(np.float32) for name in tasks}
        num_bad += num_not_finite(numbers.values())
        for name, evaluator in evaluators.items():
            fields = {field: batch[field] for field in (*tasks[name].fields, *compiled.inputs)}
            evaluator.add(place, fields, numbers[name])
    check_finite(num_bad, len(batches.split))
    return {name: evaluator.report() for name, evaluator in evaluators.items()}


def _forward(model: Any) -> Callable[[Any], Any]:
    """A compiled function from what the model takes to what it gives in use."""
    if computes_with_jax():
        compiled: Callable[[Any], Any] = model.predict_on_batch
        return compiled
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def forward(given: Any) -> Any:
        return model(given, training=False)

    return lambda given: forward(tf.nest.map_structure(tf.constant, given))


@contextmanager
def _placed_at(run: RunDir) -> Iterator[None]:
    """Give errors about the run's record, which know no place, that of the run."""
    try:
        yield
    except RunError as error:
        place = Place(str(run.root))
        raise error.replacing(replace(p, place=p.place or place) for p in error.problems) from error
