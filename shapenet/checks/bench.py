"""What the checks work on: the untrained model of an experiment and a handful of its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.checks.learner import Batch, Learner, Trained
from shapenet.config.runtime import RuntimeConfig
from shapenet.data.inspect.finding import Finding, Severity
from shapenet.experiment import Experiment
from shapenet.optim.steps import Pace, in_steps
from shapenet.registry import Component
from shapenet.tasks.base import DataSpec
from shapenet.training.build import build_augmenter, compile_model
from shapenet.training.check import check_experiment
from shapenet.training.fields import batch_fields, data_spec
from shapenet.training.freeze import build_optimizer
from shapenet.training.init import initialise, with_found_run
from shapenet.training.lr_find import with_plain_rate
from shapenet.training.opened import opened
from shapenet.training.reporter import Reporter
from shapenet.training.session import start_session
from shapenet.training.statistics import SplitStatistics

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from shapenet.data.augmentation.augmenter import Augmenter
    from shapenet.data.batches import Split
    from shapenet.data.dataset import Dataset

    Positions = npt.NDArray[np.int64]

MOST_IN_BATCH = 32
"""Examples in a batch of the checks, where the config's has no fewer."""
NUM_IMAGES = 256
"""Images that a short training learns from, if the train split has as many."""
_STEPS = 320
_KNOWN = 0.1
"""Share of the first loss below which what was shown counts as learnt."""


@dataclass(eq=False)
class Bench:
    """A model with its first weights, and its data.

    Attributes:
        experiment: The experiment; a schedule of the learning rate stands still at its highest, and
            gradients are not accumulated.
        dataset: Its splits.
        spec: What tasks are bound to.
        learner: The model.
        seconds: The most time that one short training may take.
    """

    experiment: Experiment
    dataset: Dataset
    spec: DataSpec
    learner: Learner
    seconds: float

    @property
    def train(self) -> Split:
        """The train split."""
        return self.dataset.splits["train"]

    @cached_property
    def lesson(self) -> dict[str, npt.NDArray[Any]]:
        """The fields of the training records that checks look at, a few batches."""
        return self.fields(self.train, self.pick(self.train, NUM_IMAGES))

    @cached_property
    def examples(self) -> Batch:
        """The same as the model takes them, without augmentation."""
        return self.encoded(self.lesson)

    @cached_property
    def untrained(self) -> dict[str, npt.NDArray[Any]]:
        """What the model gives for `examples` at first, as in a first step of training."""
        self.learner.reset()
        return self.learner.outputs(self.examples.inputs, training=True)

    @cached_property
    def hindrance(self) -> str | None:
        """Why nothing can be trained; None if something can."""
        import math

        if not self.learner.model.trainable_variables:
            return "nothing is trainable"
        loss = self.learner.loss(self.examples.targets, self.untrained)
        return None if math.isfinite(loss) else "the loss is not a finite number"

    @cached_property
    def _learnt(self) -> tuple[Trained, list[Any]]:
        self.learner.reset()
        trained = self.learner.train(self.examples, _STEPS, 1.5 * self.seconds, enough=_KNOWN)
        return trained, self.learner.state()

    def learn(self) -> Trained:
        """Let the model learn `examples`; it is left as it is then."""
        trained, state = self._learnt
        self.learner.reset(state)
        return trained

    def pick(self, split: Split, count: int, first: Positions | None = None) -> Positions:
        """Positions of some records of a split, mixed as the seed decides; of images of one size.

        Args:
            split: The split.
            count: How many, if there are so many.
            first: Positions that are taken before others.
        """
        import numpy as np

        places = np.random.default_rng(self.experiment.config.seed).permutation(len(split))
        if split.is_ragged:
            sizes = split.sizes()
            places = places[sizes[places] == np.bincount(sizes).argmax()]
        if first is not None:
            places = places[np.argsort(~np.isin(places, first), kind="stable")]
        return np.asarray(places[:count], np.int64)

    def fields(self, split: Split, positions: Positions) -> dict[str, npt.NDArray[Any]]:
        """What batches hold of some records."""
        return {name: split.take(name, positions) for name in batch_fields(self.experiment.config)}

    def encoded(self, fields: Mapping[str, Any]) -> Batch:
        """Records as the model takes them."""
        import numpy as np
        import tensorflow as tf

        with tf.device("CPU:0"):  # where the input pipeline runs
            tensors = {name: tf.convert_to_tensor(values) for name, values in fields.items()}
            targets = {name: np.asarray(task.encode(tensors)) for name, task in self.learner.compiled.tasks.items()}
        return Batch({name: np.asarray(tensors[name]) for name in self.learner.compiled.inputs}, targets)

    def augmented(self, augmenter: Augmenter | None, epoch: int) -> Batch:
        """`examples`, batch by batch through augmentations.

        Args:
            augmenter: The augmentations; None for none.
            epoch: Other numbers draw otherwise.
        """
        import numpy as np
        import tensorflow as tf

        if augmenter is None:
            return self.examples
        size, parts = self.learner.batch_size, []
        for step, start in enumerate(range(0, len(self.lesson["image"]), size)):
            with tf.device("CPU:0"):
                batch = {name: tf.constant(self.lesson[name][start : start + size]) for name in augmenter.fields}
                parts.append(self.encoded(augmenter(batch, epoch, step)))
        return Batch(
            {name: np.concatenate([part.inputs[name] for part in parts]) for name in parts[0].inputs},
            {name: np.concatenate([part.targets[name] for part in parts]) for name in parts[0].targets},
        )

    def augmenter_of(self, augmentations: tuple[Component, ...]) -> Augmenter | None:
        """What some of the config's augmentations make of batches; None if they are none."""
        config = self.experiment.config
        only = config.model_copy(update={"data": config.data.model_copy(update={"augment": augmentations})})
        with self.experiment.locating():
            return build_augmenter(only, self.spec, self.learner.compiled.bound)


def skipped(code: str, what: str, reason: str) -> Finding:
    """What a check says that can't be made.

    Args:
        code: Its code.
        what: What it would look at, in words.
        reason: Why not.
    """
    return Finding(Severity.NOTE, code, f"{what}: skipped, since {reason}")


def open_bench(experiment: Experiment, runs_dir: Path, seconds: float, reporter: Reporter) -> Bench:
    """Pack the data of an experiment and build its model.

    Args:
        experiment: The experiment.
        runs_dir: Folder of all runs, for ``init.run``.
        seconds: The most time that one short training may take.
        reporter: Hears of packing.

    Raises:
        ConfigError: The model can't be built, or parts of the config don't fit.
        DataError: The data is missing, damaged or unfit.
        MachineError: The cache can't be written, or the memory does not suffice.
    """
    check_experiment(experiment)
    experiment = with_found_run(experiment, runs_dir)
    dataset = opened(experiment, RuntimeConfig(), reporter)  # gradients are looked at with TensorFlow
    config, train = experiment.config, dataset.splits["train"]
    spec = data_spec(train, dataset.classes, SplitStatistics(dataset.splits, dataset.names))
    with experiment.locating():
        start_session(config.training, config.seed)
        experiment = _at_highest_rate(_updating_at_each_step(experiment), -(-len(train) // config.training.batch_size))
        compiled = compile_model(experiment.config, spec, steps_per_execution=1)
        initialise(compiled.model, config.init)
        build_optimizer(config.training, compiled.model)
    size = min(config.training.batch_size, MOST_IN_BATCH)
    return Bench(experiment, dataset, spec, Learner(compiled, config.loss_weights or {}, size), seconds)


def _updating_at_each_step(experiment: Experiment) -> Experiment:
    """The experiment without accumulated gradients: of the few steps of a check, few would change anything."""
    config = experiment.config
    optimizer = config.optimizer.without("gradient_accumulation_steps")
    return replace(experiment, config=config.model_copy(update={"optimizer": optimizer}))


def _at_highest_rate(experiment: Experiment, steps_per_epoch: int) -> Experiment:
    """The experiment with the highest learning rate of its schedule: a warm-up would outlast every check."""
    config = experiment.config
    rate = config.optimizer.arguments.get("learning_rate")
    if not isinstance(rate, Component):
        return experiment
    pace = Pace(steps_per_epoch, config.training.epochs)
    schedule = in_steps(rate, pace, ("optimizer", config.optimizer.name, "learning_rate", rate.name)).create()
    steps = range(0, pace.total + 1, max(1, pace.total // 100))
    return with_plain_rate(experiment, max(float(schedule(step)) for step in steps))
