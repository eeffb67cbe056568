"""From an experiment to its Keras model, built and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapenet.config.schema import ExperimentConfig
from shapenet.data.augmentation.augmenter import Augmenter, mixes_labels
from shapenet.data.records import Field
from shapenet.errors import ConfigError, Key
from shapenet.experiment import Experiment
from shapenet.keras_faults import keras_errors, keras_faults
from shapenet.models.build import InputSpec, build_model, gives_logits
from shapenet.models.patterns import reset_layer_names
from shapenet.optim.steps import Pace
from shapenet.registry import Component
from shapenet.tasks.base import Task
from shapenet.training.callbacks import created_callbacks
from shapenet.training.data import open_sources
from shapenet.training.freeze import freeze
from shapenet.training.monitors import monitored, rises
from shapenet.training.optimizer import created_optimizer
from shapenet.training.session import start_session


@dataclass(frozen=True)
class Compiled:
    """A model that is ready for ``fit`` once it is compiled.

    Attributes:
        model: The compiled ``keras.Model``.
        task: The task.
        logits: Whether the model gives logits rather than probabilities.
        one_hot: Whether its loss takes labels as vectors over the classes.
        metrics: Names of the metrics, without ``loss``.
        rising: Names of those of them that grow as the model improves.
    """

    model: Any
    task: Task
    logits: bool
    one_hot: bool
    metrics: tuple[str, ...]
    rising: frozenset[str]


def build_for_inspection(experiment: Experiment) -> Any:
    """The model alone, on images as its source has them; nothing is packed.

    Raises:
        ConfigError: The layers don't fit together, or augmentations, loss, metrics, optimizer or
            callbacks
            can't be made, or watch what there is not.
        MachineError: The memory does not suffice for the model.
        DataError: The source is at fault.
    """
    config = experiment.config
    with experiment.locating():
        records = open_sources(config.data)["train"]
        start_session(config.training, config.seed)
        image = records.fields["image"]
        spec = InputSpec(image.shape, image.dtype, len(records.classes))
        compiled = compile_model(config, spec, steps_per_execution=1)
        build_augmenter(config, spec)
        has_val = config.data.val is not None or config.data.split.val != 0
        created_callbacks(config, monitored(config, compiled, has_val=has_val))
        _check_on_a_blank_image(compiled.model, image)
    return compiled.model


def _check_on_a_blank_image(model: Any, image: Field) -> None:
    """Apply the model to a blank image, since some arguments are not looked at before."""
    import numpy as np

    if None in image.shape:
        return

    def failure(reason: str) -> ConfigError:
        return ConfigError("model/training", f"the model can't take an image: {reason}", key=("model",))

    with keras_faults("the model", ("model",), failure):
        model(np.zeros((1, *(side or 1 for side in image.shape)), image.dtype), training=False)


def compile_model(
    config: ExperimentConfig, spec: InputSpec, *, steps_per_execution: int, steps_per_epoch: int = 1000
) -> Compiled:
    """Build and compile the model of a config.

    Args:
        config: The experiment.
        spec: What the data looks like.
        steps_per_execution: Steps between two looks at callbacks.
        steps_per_epoch: Training steps of an epoch; only what trains needs to know, for schedules.

    Raises:
        ConfigError: The layers don't fit together, loss or metrics don't fit the output, or
            Keras refuses an argument.
        MachineError: The memory does not suffice for the model.
    """
    task: Task = config.task.create()
    reset_layer_names()
    model = build_model(config.model, task, spec, config.name)
    logits = gives_logits(model)
    loss_component = _loss_component(config, task, logits=logits)
    loss = task.on_outputs(_created(loss_component, ("loss",)), loss_component, logits=logits)
    metrics = _created_metrics(task, config, logits=logits)
    rising = frozenset(name for name, metric in metrics.items() if rises(metric))
    compiled = Compiled(model, task, logits, task.one_hot(loss_component), tuple(metrics), rising)
    _check_on_blanks(compiled, loss, metrics, spec.num_classes)
    model.compile(
        optimizer=created_optimizer(config, model, Pace(steps_per_epoch, config.training.epochs)),
        loss=loss,
        metrics=list(metrics.values()),
        steps_per_execution=steps_per_execution,
        jit_compile=config.training.jit_compile,
    )
    freeze(config.training, model)
    return compiled


def build_augmenter(config: ExperimentConfig, spec: InputSpec) -> Augmenter | None:
    """What changes the training batches, or None if nothing does.

    Args:
        config: The experiment.
        spec: What the data looks like.

    Raises:
        ConfigError: Keras refuses an argument, or the images.
    """
    if not config.data.augment:
        return None
    fields = {"image": Field(spec.dtype, spec.shape), "label": Field("int64", ())}
    return Augmenter(config.data.augment, config.seed, fields, spec.num_classes)


def _loss_component(config: ExperimentConfig, task: Task, *, logits: bool) -> Component:
    """The loss: the config's or the task's own, and one that takes vectors where augmentations mix labels."""
    mixer = mixes_labels(config.data.augment)
    given = config.loss
    if mixer and task.mixed_loss and given is None:
        given = Component("loss", task.mixed_loss)
    loss = task.loss(given, logits=logits)
    if mixer and task.mixed_loss and not task.one_hot(loss):
        message = (
            f"{mixer} makes each label a vector over the classes: expected a loss of vectors, received {loss.name}"
        )
        hint = f"give {task.mixed_loss}, or leave the loss out"
        raise ConfigError("config/loss", message, key=("loss",), hint=hint)
    return loss


def _created(component: Component, key: Key) -> Any:
    with keras_errors(component.name, key):
        return component.create()


def _created_metrics(task: Task, config: ExperimentConfig, *, logits: bool) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for index, component in enumerate(task.metrics(config.metrics, logits=logits)):
        key: Key = ("metrics", index)
        metric = task.on_outputs(_created(component, key), component, logits=logits)
        name = metric if isinstance(metric, str) else metric.name
        if name in metrics or name == "loss":
            message = f"expected a name of its own for each metric, received {name!r} again"
            raise ConfigError("config/duplicate-metric", message, key=key, hint="give one of them a name: argument")
        metrics[name] = metric
    return metrics


def _check_on_blanks(compiled: Compiled, loss: Any, metrics: Mapping[str, Any], num_classes: int) -> None:
    """Compute loss and metrics of two blank outputs, so that what does not fit is told before training."""
    import numpy as np

    one_hot = compiled.one_hot
    labels = np.zeros((2, num_classes), np.float32) if one_hot else np.zeros(2, np.int64)
    outputs = np.zeros((2, *(length or 1 for length in compiled.model.outputs[0].shape[1:])), np.float32)
    with keras_errors("the loss", ("loss",)):
        loss(labels, outputs)
    vectors = "metrics that look at each class (Precision, AUC, ...) need a loss of vectors: CategoricalCrossentropy"
    for index, (name, metric) in enumerate(metrics.items()):
        if not isinstance(metric, str):  # Keras chooses what fits a short name
            with keras_errors(f"the metric {name}", ("metrics", index), hint=None if one_hot else vectors):
                metric.update_state(labels, outputs)
                shape = np.asarray(metric.result()).shape
                metric.reset_state()
            if shape:
                message = f"the metric {name}: expected one number, received one for each of {shape[0]}"
                hint = "give it an average or aggregation, such as average: macro; or a single threshold"
                raise ConfigError("config/metrics", message, key=("metrics", index), hint=hint)
