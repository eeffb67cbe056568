"""What does not fit in a config, as far as it can be told without Keras and the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from shapenet.config.schema import ExperimentConfig
from shapenet.errors import ConfigError, Key, Problem
from shapenet.experiment import Experiment
from shapenet.models.build import check_outputs
from shapenet.models.names import check_names
from shapenet.optim.steps import check_schedule
from shapenet.registry import Component
from shapenet.training.inputs import check_scaling
from shapenet.training.monitors import known_value
from shapenet.training.names import value_names
from shapenet.training.tasks import check_loss, check_metrics


def check_experiment(experiment: Experiment) -> None:
    """Refuse an experiment whose parts are right by themselves but don't fit each other.

    Looked at are the names of layers, the layers that feed tasks, whether loss and metrics are for their task, the
    values that are monitored, the backend, and the schedule of the learning rate.

    Args:
        experiment: The experiment.

    Raises:
        ConfigError: Parts don't fit; lists every problem with its place.
    """
    config = experiment.config
    checks: list[Callable[[], object]] = [
        lambda: check_names(config.model.layers),
        lambda: check_outputs(config.model),
        lambda: check_scaling(config),
        *(partial(check, config, name) for name in config.tasks for check in (check_loss, check_metrics)),
        partial(_check_backend, config),
        *_monitor_checks(config),
        *_schedule_checks(config),
    ]
    problems = [problem for check in checks for problem in _problems(check)]
    if problems:
        with experiment.locating():
            raise ConfigError(problems)


def _problems(check: Callable[[], object]) -> tuple[Problem, ...]:
    try:
        check()
    except ConfigError as error:
        return error.problems
    return ()


def _check_backend(config: ExperimentConfig) -> None:
    """Refuse what Keras can't do on JAX: there an optimizer has to be built for just the layers that learn."""
    if config.runtime.backend == "jax" and config.training.unfreeze:
        message = "training.unfreeze does not go with runtime.backend: jax, where what learns can't change"
        hint = "train on TensorFlow; or train a second run with init: {run: ...} and without freeze"
        raise ConfigError("config/conflict", message, key=("training", "unfreeze"), hint=hint)


def _schedule_checks(config: ExperimentConfig) -> Iterator[Callable[[], object]]:
    rate = config.optimizer.arguments.get("learning_rate")
    if isinstance(rate, Component):
        yield partial(
            check_schedule, rate, config.training.epochs, ("optimizer", config.optimizer.name, "learning_rate")
        )


def _monitor_checks(config: ExperimentConfig) -> Iterator[Callable[[], object]]:
    try:
        known = value_names(config)
    except ConfigError:  # a metric is not for its task, which is told already
        return
    if known is None:
        return
    for key, name in _monitored(config):
        yield partial(known_value, name, known, key)


def _monitored(config: ExperimentConfig) -> Iterator[tuple[Key, str]]:
    """Each value that the config monitors by name, and where the name stands."""
    training = config.training
    if training.monitor:
        yield ("training", "monitor"), training.monitor
    if training.early_stopping and training.early_stopping.monitor:
        yield ("training", "early_stopping", "monitor"), training.early_stopping.monitor
    for index, callback in enumerate(training.callbacks):
        if name := callback.arguments.get("monitor"):
            yield ("training", "callbacks", index, callback.name, "monitor"), str(name)
