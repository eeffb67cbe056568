"""The optimizer of a config: schedule in steps, what does not decay, averages, the layers' own learning rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapenet.config.schema import ExperimentConfig
from shapenet.errors import ConfigError, Key
from shapenet.keras_faults import keras_errors
from shapenet.models.patterns import chosen, named_layers
from shapenet.optim.averages import average_exactly
from shapenet.optim.multipliers import multiply_learning_rates
from shapenet.optim.steps import Pace, in_steps
from shapenet.optim.weight_decay import EXCLUDE, exclude_from_weight_decay
from shapenet.registry import Component
from shapenet.words import counted


def created_optimizer(config: ExperimentConfig, model: Any, pace: Pace) -> Any:
    """The optimizer that trains a model.

    Args:
        config: The experiment.
        model: The built ``keras.Model``.
        pace: How long the training is, for schedules.

    Raises:
        ConfigError: Keras refuses an argument, the schedule does not fit the training, or patterns mean no
            layer or variable.
    """
    component, key = config.optimizer, ("optimizer", config.optimizer.name)
    rate = component.arguments.get("learning_rate")
    if isinstance(rate, Component):
        component = component.having(learning_rate=in_steps(rate, pace, (*key, "learning_rate", rate.name)))
    with keras_errors(component.name, ("optimizer",)):
        optimizer = component.without(EXCLUDE).create()
    if hasattr(optimizer, EXCLUDE):
        exclude_from_weight_decay(optimizer, model, component.arguments.get(EXCLUDE), (*key, EXCLUDE))
    if component.arguments.get("use_ema"):
        average_exactly(optimizer)
    if config.training.learning_rate_multipliers:
        _multiply(optimizer, model, config.training.learning_rate_multipliers)
    return optimizer


def check_updates(optimizer: Component, pace: Pace) -> None:
    """Refuse to add up the gradients of more batches than a training has: the weights would stay as they are.

    Args:
        optimizer: An optimizer as a config has it.
        pace: How long the training is.

    Raises:
        ConfigError: It would make no update.
    """
    name = "gradient_accumulation_steps"
    num_batches = optimizer.arguments.get(name)
    if num_batches and num_batches > pace.total:
        steps, epochs = counted(pace.steps_per_epoch, "batch", "batches"), counted(pace.epochs, "epoch")
        message = f"{optimizer.name}: expected {name} up to {pace.total:,}, received {num_batches:,}: "
        message += f"with {epochs} of {steps} the weights would never be updated"
        hint = "make it smaller or leave it out, or train for more epochs"
        raise ConfigError("config/conflict", message, key=("optimizer", optimizer.name, name), hint=hint)


def inner_optimizer(model: Any) -> Any:
    """The optimizer that updates a compiled model: mixed_float16 puts one around it that scales losses."""
    return getattr(model.optimizer, "inner_optimizer", model.optimizer)


def _multiply(optimizer: Any, model: Any, given: Mapping[str, float]) -> None:
    layers = named_layers(model)
    keys: dict[Key, str] = {("training", "learning_rate_multipliers", pattern): pattern for pattern in given}
    variables = model.variables
    positions = {id(variable): position for position, variable in enumerate(variables)}
    multipliers: dict[int, float] = {}
    for key, names in chosen([*layers], keys).items():  # of patterns that mean one layer the last one counts
        for variable in (variable for name in names for variable in layers[name].variables):
            multipliers[positions[id(variable)]] = given[keys[key]]
    multiply_learning_rates(optimizer, multipliers, variables)
