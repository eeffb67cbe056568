"""From an experiment to its Keras model, built and compiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shapenet.config.schema import ExperimentConfig
from shapenet.data.augmentation.augmenter import Augmenter, mixes_labels
from shapenet.data.records import Field
from shapenet.errors import ConfigError, Key, did_you_mean, keras_errors
from shapenet.experiment import Experiment
from shapenet.models.build import InputSpec, build_model, gives_logits
from shapenet.registry import Component
from shapenet.tasks.base import Task
from shapenet.training.data import open_sources
from shapenet.training.session import start_session


@dataclass(frozen=True)
class Compiled:
    """A model that is ready for ``fit``.

    Attributes:
        model: The compiled ``keras.Model``.
        task: The task.
        logits: Whether the model gives logits rather than probabilities.
        one_hot: Whether its loss takes labels as vectors over the classes.
        metrics: Names of the metrics, without ``loss``.
    """

    model: Any
    task: Task
    logits: bool
    one_hot: bool
    metrics: tuple[str, ...]


def build_for_inspection(experiment: Experiment) -> Any:
    """The model alone, on images as its source has them; nothing is packed.

    Raises:
        ConfigError: The layers don't fit together, or augmentations, loss, metrics or optimizer can't be made.
        DataError: The source is at fault.
    """
    config = experiment.config
    with experiment.locating():
        records = open_sources(config.data)["train"]
        start_session(config.training, config.seed)
        image = records.fields["image"]
        spec = InputSpec(image.shape, image.dtype, len(records.classes))
        model = compile_model(config, spec, steps_per_execution=1).model
        build_augmenter(config, spec)
        return model


def compile_model(config: ExperimentConfig, spec: InputSpec, *, steps_per_execution: int) -> Compiled:
    """Build and compile the model of a config.

    Args:
        config: The experiment.
        spec: What the data looks like.
        steps_per_execution: Steps between two looks at callbacks.

    Raises:
        ConfigError: The layers don't fit together, loss and output don't, or Keras refuses an argument.
    """
    task: Task = config.task.create()
    model = build_model(config.model, task, spec, config.name)
    logits = gives_logits(model)
    loss_component = _loss_component(config, task, logits=logits)
    loss = _created(loss_component, ("loss",))
    one_hot = task.one_hot(loss_component)
    _check_loss(loss, model, spec.num_classes if one_hot else None)
    metrics = _created_metrics(task.metrics(config.metrics))
    model.compile(
        optimizer=_created(config.optimizer, ("optimizer",)),
        loss=loss,
        metrics=list(metrics.values()),
        steps_per_execution=steps_per_execution,
        jit_compile=config.training.jit_compile,
    )
    return Compiled(model, task, logits, one_hot, tuple(metrics))


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


def monitored(config: ExperimentConfig, compiled: Compiled, *, has_val: bool) -> tuple[str, str]:
    """Names of the values that pick the best epoch and that early stopping watches.

    Args:
        config: The experiment.
        compiled: Knows the metrics.
        has_val: Whether there is a validation split.

    Raises:
        ConfigError: A config names a value that there is not.
    """
    names = ["loss", *compiled.metrics]
    known = [*names, *(f"val_{name}" for name in names if has_val)]
    default = f"val_{compiled.task.monitor}" if has_val else compiled.task.monitor
    best = _known_monitor(config.training.monitor or default, known, ("training", "monitor"))
    stopping = config.training.early_stopping
    own = stopping.monitor if stopping else None
    return best, _known_monitor(own or best, known, ("training", "early_stopping", "monitor"))


def _known_monitor(name: str, known: list[str], key: Key) -> str:
    if name not in known:
        message = f"{'.'.join(map(str, key))}: expected one of {', '.join(known)}; received {name!r}"
        hint = did_you_mean(name, known)
        if name.startswith("val_") and name.removeprefix("val_") in known:
            hint = "there is no val split: give data.split.val or data.val, or monitor the training's own value"
        raise ConfigError("config/monitor", message, key=key, hint=hint)
    return name


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


def _created_metrics(components: tuple[Component, ...]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for index, component in enumerate(components):
        key: Key = ("metrics", index)
        metric = _created(component, key)
        name = metric if isinstance(metric, str) else metric.name
        if name in metrics or name == "loss":
            message = f"expected a name of its own for each metric, received {name!r} again"
            raise ConfigError("config/duplicate-metric", message, key=key, hint="give one of them a name: argument")
        metrics[name] = metric
    return metrics


def _check_loss(loss: Callable[..., Any], model: Any, vector_length: int | None) -> None:
    """Compute the loss of two blank outputs, so that what does not fit is told before training."""
    import numpy as np

    labels = np.zeros(2, np.int64) if vector_length is None else np.zeros((2, vector_length), np.float32)
    outputs = np.zeros((2, *(length or 1 for length in model.outputs[0].shape[1:])), np.float32)
    with keras_errors("the loss", ("loss",)):
        loss(labels, outputs)
