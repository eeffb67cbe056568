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
    values that are monitored, the backend, the optimizer, and the schedule of the learning rate.

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
        partial(_check_optimizer, config.optimizer),
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


_DO_NOTHING_WITHOUT = {
    "ema_momentum": "use_ema",
    "ema_overwrite_frequency": "use_ema",
    "exclude_from_weight_decay": "weight_decay",
}
"""Arguments of Keras's optimizers, each with the one that turns on what it is about."""


def _check_optimizer(optimizer: Component) -> None:
    """Refuse arguments that do nothing, unless what would turn them on is turned off by name, as in a sweep."""
    parameters = optimizer.entry.parameters
    problems = [
        Problem(
            "config/conflict", f"optimizer.{optimizer.name}.{name} does nothing without {switch}",
            key=("optimizer", optimizer.name, name), hint=f"give {_TURNED_ON[switch]}, or leave {name} out",
        )
        for name, switch in _DO_NOTHING_WITHOUT.items()
        if optimizer.entry.origin == "keras"
        and optimizer.arguments.get(name) is not None
        and switch not in optimizer.arguments
        and not parameters[switch].default
    ]  # fmt: skip
    if problems:
        raise ConfigError(problems)


_TURNED_ON = {"use_ema": "use_ema: true", "weight_decay": "weight_decay, such as 1e-4"}


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
