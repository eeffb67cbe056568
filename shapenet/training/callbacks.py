"""The callbacks of Keras's own that a config names."""

from __future__ import annotations

from typing import Any

from shapenet.config.schema import ExperimentConfig, TrainingConfig
from shapenet.errors import ConfigError, Key
from shapenet.keras_faults import keras_errors
from shapenet.registry import Component
from shapenet.training.monitors import Monitors


def created_callbacks(config: ExperimentConfig, monitors: Monitors) -> list[Any]:
    """The callbacks of ``training.callbacks``, in their order, after one that puts averaged weights in their place.

    Args:
        config: The experiment.
        monitors: What they watch unless they say otherwise, and which way it goes.

    Raises:
        ConfigError: Keras refuses an argument, a callback watches a value that there is not,
            one changes a learning rate that follows a schedule, or wants averages that are not kept.
    """
    created = [*_averaging(config)]
    for index, component in enumerate(config.training.callbacks):
        key: Key = ("training", "callbacks", index)
        _check_learning_rate(component, config.optimizer, key)
        _check_averages(component, config.optimizer, key)
        own = component.arguments.get("monitor")
        monitor = monitors.checked(str(own), (*key, component.name, "monitor")) if own else monitors.stopping
        # Checkpoints are saved when an epoch ends: averaged weights must be in place by then.
        defaults = {"monitor": monitor, "mode": monitors.mode(monitor), "swap_on_epoch": True}
        more = {name: value for name, value in defaults.items() if name in component.entry.parameters}
        with keras_errors(component.name, key):
            created.append(component.create(**more))
    return created


def _averaging(config: ExperimentConfig) -> list[Any]:
    """What lets an optimizer's moving averages be validated and saved, where it keeps any: ``use_ema: true``."""
    import keras

    named = any(component.name == "SwapEMAWeights" for component in config.training.callbacks)
    if named or not config.optimizer.arguments.get("use_ema"):
        return []
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]


def early_stopping(config: TrainingConfig, monitors: Monitors) -> list[Any]:
    """The callback of ``training.early_stopping``, if it is asked for."""
    import keras

    stopping = config.early_stopping
    if stopping is None:
        return []
    monitor = monitors.stopping
    return [
        keras.callbacks.EarlyStopping(
            monitor, min_delta=stopping.min_delta, patience=stopping.patience, mode=monitors.mode(monitor)
        )
    ]


def _check_averages(callback: Component, optimizer: Component, key: Key) -> None:
    if callback.name == "SwapEMAWeights" and not optimizer.arguments.get("use_ema"):
        message = f"SwapEMAWeights puts averaged weights in place, and {optimizer.name} keeps none"
        hint = f"write optimizer: {{{optimizer.name}: {{use_ema: true}}}}; that alone is enough"
        raise ConfigError("config/conflict", message, key=key, hint=hint)


def _check_learning_rate(callback: Component, optimizer: Component, key: Key) -> None:
    rate = optimizer.arguments.get("learning_rate")
    if callback.name == "ReduceLROnPlateau" and isinstance(rate, Component):
        raise ConfigError(
            "config/learning-rate",
            f"ReduceLROnPlateau changes the learning rate, which follows the schedule {rate.name} already",
            key=key,
            hint=f"leave one of them out, or give {optimizer.name} a number as learning_rate",
        )
