"""The names of the values that a training gives, as far as its config tells them without Keras."""

from __future__ import annotations

import re

from shapenet.config.schema import ExperimentConfig
from shapenet.registry import Component
from shapenet.tasks.base import Task


def value_names(config: ExperimentConfig) -> tuple[str, ...] | None:
    """What a run of `config` can monitor: its loss, its metrics, and these on the val split.

    Args:
        config: The experiment.

    Returns:
        The names, those of a val split too where there may be one; None if a metric
        names itself when it is made, as a plug-in's may.
    """
    names = ["loss"]
    for name, component in config.tasks.items():
        task: Task = component.create()
        metrics = [_metric_name(metric) for metric in task.metrics(config.metrics_of(name), logits=True)]
        if None in metrics:
            return None
        own = ["loss"] if name else []
        names += [value_name(name, metric) for metric in (*own, *metrics) if metric is not None]
    if len(set(names)) < len(names):
        return None
    may_have_val = config.data.val is not None or config.data.split.val != 0
    return (*names, *(f"val_{name}" for name in names if may_have_val))


def task_text(config: ExperimentConfig) -> str:
    """What is learnt, in words: ``classification``, or ``kind: classification, where: regression``."""
    return ", ".join(f"{name}: {task.name}" if name else task.name for name, task in config.tasks.items())


def value_name(task: str, value: str) -> str:
    """What Keras calls a loss or metric of one of several tasks.

    Args:
        task: The task's name; empty where it is alone.
        value: The name that the loss or metric has by itself.
    """
    return f"{task}_{value}" if task else value


def _metric_name(metric: Component) -> str | None:
    """The name that a metric will have; None if only making it can tell."""
    parameter = metric.entry.parameters.get("name")
    if parameter is None:  # ours that stand for one of Keras's are called like their entry
        return metric.name if metric.entry.origin == "shapenet" else None
    name = metric.arguments.get("name", parameter.default)
    if name is None and metric.entry.origin == "keras":
        return _snake_case(metric.name)
    return str(name) if isinstance(name, str) else None


def _snake_case(class_name: str) -> str:
    """How Keras names what is given no name: ``MeanIoU`` is ``mean_io_u``."""
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
