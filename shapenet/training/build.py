"""From an experiment to its Keras model, built and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shapenet.config.schema import ExperimentConfig
from shapenet.data.augmentation.augmenter import Augmenter, mixes_labels
from shapenet.data.augmentation.transforms import Moving
from shapenet.errors import ConfigError, Key, Problem
from shapenet.experiment import Experiment
from shapenet.fields import Field
from shapenet.keras_faults import keras_errors, keras_faults
from shapenet.models.build import build_model
from shapenet.models.logits import doubled, gives_logits
from shapenet.models.patterns import reset_layer_names
from shapenet.optim.steps import Pace
from shapenet.registry import Component
from shapenet.tasks.base import BoundTask, DataSpec, Tensors
from shapenet.training.backend import choose_backend, computes_with_jax
from shapenet.training.callbacks import created_callbacks
from shapenet.training.data import open_sources
from shapenet.training.fields import batch_fields, input_fields, known_fields
from shapenet.training.freeze import freeze
from shapenet.training.inputs import check_augmentable, given_of, input_spec
from shapenet.training.layer_augmentation import layer_warnings
from shapenet.training.monitors import monitored
from shapenet.training.names import value_name
from shapenet.training.optimizer import created_optimizer
from shapenet.training.session import start_session
from shapenet.training.statistics import StandIns
from shapenet.training.tasks import Learnt, bind_tasks, check_value_names, learnt
from shapenet.training.unmoved import unmoved


@dataclass(frozen=True)
class Compiled:
    """A model that is ready for ``fit`` once it is compiled.

    Attributes:
        model: The compiled ``keras.Model``.
        tasks: What it learns, by name.
        inputs: The fields that it is given.
        monitor: The value that names the best epoch unless the config says it, without ``val_``.
        metrics: Names of the values of an epoch besides ``loss``: with several tasks, their losses too.
        rising: Names of those of them that grow as the model improves.
        warnings: What is odd about the model but stops nothing.
    """

    model: Any
    tasks: Mapping[str, Learnt]
    inputs: tuple[str, ...]
    monitor: str
    metrics: tuple[str, ...]
    rising: frozenset[str]
    warnings: tuple[Problem, ...]

    @property
    def bound(self) -> dict[str, BoundTask]:
        """The tasks on their data, by name."""
        return {name: task.bound for name, task in self.tasks.items()}

    def encode(self, batch: Tensors) -> Any:
        """The targets of a batch as the compiled model takes them."""
        return self.structured({name: task.encode(batch) for name, task in self.tasks.items()})

    def weigher(self, weights: Mapping[str, Mapping[str, float]]) -> Callable[[Tensors], Any] | None:
        """What makes the weights of a training batch; None where all count 1.

        Args:
            weights: What each class counts, by the task's name; tasks may be missing.
        """
        import tensorflow as tf

        if not weights:
            return None

        def weigh(batch: Tensors) -> Any:
            ones = tf.ones((1,))  # for losses of any shape: Keras wants weights of every task or of none
            by_task = {name: task.weigh(batch, weights[name]) if name in weights else ones
                       for name, task in self.tasks.items()}  # fmt: skip
            return self.structured(by_task)

        return weigh

    def structured(self, by_task: Mapping[str, Any]) -> Any:
        """What each task has, as Keras takes it: a dict, or what the only one has."""
        return dict(by_task) if len(self.tasks) > 1 else next(iter(by_task.values()))


def build_for_inspection(experiment: Experiment) -> Compiled:
    """The model alone, on records as its source has them; nothing is packed.

    Raises:
        ConfigError: The layers don't fit together, or augmentations, loss, metrics, optimizer or
            callbacks can't be made, or watch what there is not.
        MachineError: The memory does not suffice for the model.
        DataError: The source is at fault.
    """
    config = experiment.config
    with experiment.locating():
        records = open_sources(config)["train"]
        choose_backend(config.runtime)
        start_session(config.training, config.seed)
        fields = known_fields(records)
        data = DataSpec(fields, records.classes, StandIns(fields, len(records.classes)))
        compiled = compile_model(config, data, steps_per_execution=1)
        build_augmenter(config, data, compiled.bound)
        has_val = config.data.val is not None or config.data.split.val != 0
        created_callbacks(config, monitored(config, compiled, has_val=has_val))
        _check_on_a_blank_record(compiled, fields)
    moved = unmoved(config.data.augment, compiled.bound.values())
    return replace(compiled, warnings=experiment.placed([*compiled.warnings, *moved]))


def _check_on_a_blank_record(compiled: Compiled, fields: Mapping[str, Field]) -> None:
    """Apply the model to a blank record, since some arguments are not looked at before."""
    import numpy as np

    given = {name: fields[name] for name in compiled.inputs}
    if any(field.is_ragged for field in given.values()):
        return

    def failure(reason: str) -> ConfigError:
        return ConfigError("model/training", f"the model can't take a record: {reason}", key=("model",))

    with keras_faults("the model", ("model",), failure):
        blanks = {name: np.zeros((1, *field.fixed_shape), field.dtype) for name, field in given.items()}
        compiled.model(given_of(blanks, compiled.inputs), training=False)


def compile_model(
    config: ExperimentConfig, data: DataSpec, *, steps_per_execution: int, steps_per_epoch: int = 1000
) -> Compiled:
    """Build and compile the model of a config.

    Args:
        config: The experiment.
        data: What the data looks like.
        steps_per_execution: Steps between two looks at callbacks.
        steps_per_epoch: Training steps of an epoch; only what trains needs to know, for schedules.

    Raises:
        ConfigError: The layers don't fit together, loss or metrics don't fit the output, or
            Keras refuses an argument.
        MachineError: The memory does not suffice for the model.
    """
    bound = bind_tasks(config, data)
    reset_layer_names()
    model = build_model(config.model, bound, input_spec(config, data), config.name)
    outputs = dict(zip(sorted(bound), model.outputs, strict=True))  # Keras sorts the outputs of a dict by their names
    logits = {name: gives_logits(output, otherwise=_said(config.loss_of(name))) for name, output in outputs.items()}
    tasks = {name: learnt(config, name, task, logits=logits[name]) for name, task in bound.items()}
    check_value_names(config, tasks)
    several = len(tasks) > 1
    losses = [value_name(name, "loss") for name in tasks] if several else []
    metrics = (*losses, *(metric for task in tasks.values() for metric in task.metrics))
    monitor = "loss" if several else config.tasks[""].create().monitor
    rising = frozenset(name for task in tasks.values() for name in task.rising)
    warnings = [*_doubled_heads(outputs)] if config.model.head == "auto" else []
    if config.model.input is None:
        warnings += layer_warnings(config, bound, data.fields["image"].dtype)
    compiled = Compiled(model, tasks, input_fields(config), monitor, metrics, rising, tuple(warnings))
    for name, task in tasks.items():
        _check_on_blanks(task, outputs[name], _blanks(config, data, outputs[name].shape[1:]))
    model.compile(
        optimizer=created_optimizer(config, model, Pace(steps_per_epoch, config.training.epochs)),
        loss=compiled.structured({name: task.loss for name, task in tasks.items()}),
        loss_weights=dict.fromkeys(tasks, 1.0) | (config.loss_weights or {}) if several else None,
        metrics=compiled.structured({name: list(task.metrics.values()) for name, task in tasks.items()}),
        steps_per_execution=steps_per_execution,
        jit_compile=config.training.jit_compile or ("auto" if computes_with_jax() else False),
    )
    freeze(config.training, model)
    return compiled


def _said(loss: Component | None) -> bool:
    """Whether a loss of the config takes logits; most do not say, and then the outputs are logits."""
    return bool(loss.arguments.get("from_logits", True)) if loss else True


def _doubled_heads(outputs: Mapping[str, Any]) -> Iterator[Problem]:
    """A warning for each task whose output layer follows one that the user made for the same."""
    for name, output in outputs.items():
        if layer := doubled(output):
            message = f"the output layer{f' of {name}' * bool(name)} follows {layer!r}, which gives as many"
            hint = "leave that layer out, or make it the output by model.head: none"
            yield Problem("model/doubled", f"{message} probabilities already", key=("model", "layers"), hint=hint)


def build_augmenter(config: ExperimentConfig, data: DataSpec, tasks: Mapping[str, BoundTask]) -> Augmenter | None:
    """What changes the training batches, or None if nothing does.

    Args:
        config: The experiment.
        data: What the data looks like.
        tasks: The tasks on the data.

    Raises:
        ConfigError: Keras refuses an argument, or the images.
    """
    if not config.data.augment:
        return None
    check_augmentable(config, tasks)
    fields = {name: data.fields[name] for name in batch_fields(config)}
    moving = _moving([*tasks.values()])
    return Augmenter(config.data.augment, config.seed, fields, len(data.classes), moving)


def _moving(tasks: list[BoundTask]) -> Moving:
    """All that moves with the image; the image itself needs no mention."""
    moves = [task.moves for task in tasks]
    points = dict.fromkeys(point for each in moves for point in each.points)
    return Moving(
        masks=tuple(dict.fromkeys(name for each in moves for name in each.masks)),
        points=tuple(point for point in points if isinstance(point, str)),
        pairs=tuple(point for point in points if not isinstance(point, str)),
        images=tuple(dict.fromkeys(name for each in moves for name in each.images if name != "image")),
    )


def _blanks(config: ExperimentConfig, data: DataSpec, output: Iterable[int | None]) -> dict[str, Any]:
    """A few blank records, as they come out of augmentation.

    They are as many as no side is long: 2 class numbers would go together with outputs of 2 x 2 by mere chance.
    """
    import tensorflow as tf

    sides = {len(data.classes), *output, *(side for field in data.fields.values() for side in field.shape)}
    count = next(number for number in range(2, len(sides) + 3) if number not in sides)
    blanks = {
        name: tf.zeros((count, *(side or 1 for side in field.shape)), field.dtype)
        for name, field in data.fields.items()
    }
    if "label" in blanks and mixes_labels(config.data.augment):
        blanks["label"] = tf.zeros((count, len(data.classes)))
    return blanks


def _check_on_blanks(task: Learnt, output: Any, blanks: Mapping[str, Any]) -> None:
    """Compute loss and metrics of blank outputs, so that what does not fit is told before training."""
    import numpy as np

    targets = np.asarray(task.encode(blanks))  # a tensor of TensorFlow's, whatever the backend is
    outputs = np.zeros((len(targets), *(length or 1 for length in output.shape[1:])), np.float32)
    names = (task.name,) if task.name else ()
    with keras_errors("the loss", ("loss", *names)):
        task.loss(targets, outputs)
    hint = task.bound.metric_hint(task.component)
    for index, (name, metric) in enumerate(task.metrics.items()):
        if not isinstance(metric, str):  # Keras chooses what fits a short name
            key: Key = ("metrics", *names, index)
            _check_vectors(metric, targets, key)
            with keras_errors(f"the metric {name}", key, hint=hint):
                metric.update_state(targets, outputs)
                shape = np.asarray(metric.result()).shape
                metric.reset_state()
            if shape:
                message = f"the metric {name}: expected one number, received one for each of {shape[0]}"
                hint = "give it an average or aggregation, such as average: macro; or a single threshold"
                raise ConfigError("config/metrics", message, key=key, hint=hint)


def _check_vectors(metric: Any, targets: Any, key: Key) -> None:
    """Refuse a metric that would take the numbers of classes for one vector, and say nothing."""
    import keras

    if isinstance(metric, keras.metrics.CategoricalAccuracy) and len(targets.shape) == 1:
        message = f"the metric {metric.name}: expected vectors over the classes, received their numbers"
        raise ConfigError("config/metrics", message, key=key, hint="write accuracy, which takes what the loss takes")
