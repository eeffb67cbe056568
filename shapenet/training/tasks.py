"""The tasks of an experiment on its data: their losses and metrics made, their targets made of batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from shapenet.config.schema import ExperimentConfig
from shapenet.data.augmentation.augmenter import mixes_labels
from shapenet.errors import ConfigError, Key
from shapenet.keras_faults import keras_errors
from shapenet.registry import Component
from shapenet.tasks.allowed import check_told
from shapenet.tasks.base import BoundTask, DataSpec, Task, Tensors
from shapenet.training.fields import input_fields
from shapenet.training.monitors import rises
from shapenet.training.names import value_name


@dataclass(frozen=True)
class Learnt:
    """One task, ready to be learnt.

    Attributes:
        name: Its name among several; empty where it is alone.
        bound: The task on its data.
        fields: The fields that its targets are made of.
        logits: Whether the model gives it logits rather than probabilities.
        component: What the loss is made of.
        loss: The loss.
        metrics: The metrics by the names that Keras gives their values.
    """

    name: str
    bound: BoundTask
    fields: tuple[str, ...]
    logits: bool
    component: Component
    loss: Any
    metrics: Mapping[str, Any]

    @property
    def rising(self) -> Iterator[str]:
        """Names of the metrics that grow as the model improves."""
        return (name for name, metric in self.metrics.items() if rises(metric))

    def encode(self, batch: Tensors) -> Any:
        """The targets of a batch; see `BoundTask.encode`."""
        return self.bound.encode({name: batch[name] for name in self.fields}, self.component)

    def weigh(self, batch: Tensors, weights: Mapping[str, float]) -> Any:
        """What each example, class or pixel of a batch counts; see `BoundTask.weights`.

        Args:
            batch: The batch's fields.
            weights: What each class counts, by its name, in the task's order.
        """
        import numpy as np

        return self.bound.weights(
            {name: batch[name] for name in self.fields}, np.array([*weights.values()], np.float32), self.component
        )


def bind_tasks(config: ExperimentConfig, data: DataSpec) -> dict[str, BoundTask]:
    """The tasks of an experiment on data, by name.

    Raises:
        ConfigError: The data is not for one of them.
    """
    bound = {}
    data = replace(data, inputs=input_fields(config))
    for name, component in config.tasks.items():
        task: Task = component.create()
        with _under(("task", name) if name else ("task",)):
            bound[name] = task.bind(data)
    return bound


@contextmanager
def _under(road: Key) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        raise error.under(road) from error


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Put the name of one of several tasks into the keys of errors: ``loss`` becomes ``loss.NAME``."""
    try:
        yield
    except ConfigError as error:
        if not name:
            raise
        problems = (replace(problem, key=(*problem.key[:1], name, *problem.key[1:])) for problem in error.problems)
        raise error.replacing(problems) from error


def check_value_names(config: ExperimentConfig, tasks: Mapping[str, Learnt]) -> None:
    """Refuse values of several tasks that would have one name: ``b_accuracy`` of ``a``, and ``accuracy`` of ``a_b``.

    Args:
        config: The experiment.
        tasks: The tasks by name.

    Raises:
        ConfigError: Two tasks have a value of the same name.
    """
    owners = {value_name(name, "loss"): name for name in tasks} if len(tasks) > 1 else {}
    given_last = sorted(tasks, key=lambda name: config.metrics_of(name) is not None)
    for name in given_last:
        for index, metric in enumerate(tasks[name].metrics):
            other = owners.setdefault(metric, name)
            if other != name:
                message = f"{metric} is the name of a value of the task {other!r} and of a metric of {name!r}"
                hint = "give the metric another name: argument, or one of the tasks another name"
                raise ConfigError("config/duplicate-metric", message, key=("metrics", name, index), hint=hint)


def check_loss(config: ExperimentConfig, name: str) -> Component:
    """The loss of a task, as far as it can be told without Keras and data.

    Args:
        config: The experiment.
        name: The task's name.

    Raises:
        ConfigError: The loss is not one for the task.
    """
    task: Task = config.tasks[name].create()
    with _named(name):
        return task.loss(
            config.loss_of(name), logits=config.model.head == "auto", mixer=mixes_labels(config.data.augment)
        )


def check_metrics(config: ExperimentConfig, name: str) -> None:
    """Refuse metrics that are not for a task, as far as it can be told without Keras and data.

    Args:
        config: The experiment.
        name: The task's name.

    Raises:
        ConfigError: A metric is not one for the task.
    """
    task: Task = config.tasks[name].create()
    with _named(name):
        task.metrics(config.metrics_of(name), logits=config.model.head == "auto")


def learnt(config: ExperimentConfig, name: str, bound: BoundTask, *, logits: bool) -> Learnt:
    """A task with its loss and metrics.

    Args:
        config: The experiment.
        name: The task's name.
        bound: The task on its data.
        logits: Whether the model gives it logits rather than probabilities.

    Raises:
        ConfigError: Loss or metrics don't fit the task, or Keras refuses an argument.
    """
    task: Task = config.tasks[name].create()
    with _named(name):
        component = task.loss(config.loss_of(name), logits=logits, mixer=mixes_labels(config.data.augment))
        check_told(component, logits, ("loss",))
        with keras_errors(component.name, ("loss",)):
            loss = bound.make(component, logits=logits)
        metrics: dict[str, Any] = {}
        for index, metric in enumerate(task.metrics(config.metrics_of(name), logits=logits)):
            key: Key = ("metrics", index)
            check_told(metric, logits, key)
            with keras_errors(metric.name, key):
                made = bound.make(metric, logits=logits)
            own = made if isinstance(made, str) else made.name
            if own == "loss" or value_name(name, own) in metrics:
                message = f"expected a name of its own for each metric, received {own!r} again"
                raise ConfigError("config/duplicate-metric", message, key=key, hint="give one of them a name: argument")
            metrics[value_name(name, own)] = made
    return Learnt(name, bound, task.fields, logits, component, loss, metrics)
