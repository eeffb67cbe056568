"""Layers that don't learn, always or up to an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapenet.callbacks.base import Listener
from shapenet.config.schema import TrainingConfig
from shapenet.errors import ConfigError, Key, Problem
from shapenet.models.patterns import chosen, named_layers
from shapenet.optim.own_steps import count_own_steps
from shapenet.training.optimizer import inner_optimizer


def freeze(training: TrainingConfig, model: Any) -> None:
    """Freeze the layers that a config names, as they are in the first epoch.

    Args:
        training: The training section.
        model: A ``keras.Model``.

    Raises:
        ConfigError: A pattern means no layer, or no frozen one, or nothing is left to learn.
    """
    if not training.freeze:
        return
    _set(model, trained_in(training, model, 1))
    if not model.trainable_variables:
        message = "training.freeze: every layer is frozen in the first epoch, so nothing can learn"
        raise ConfigError("model/all-frozen", message, key=("training", "freeze"))


def build_optimizer(training: TrainingConfig, model: Any) -> None:
    """Build the optimizer of a compiled model for all that will ever learn.

    What it remembers of each layer has its place from the start, so that a run can be continued from any epoch.

    Args:
        training: The training section.
        model: A compiled ``keras.Model`` with its initial weights, which some optimizers copy.
    """
    late = _late(training, model)  # all that will ever learn is set to learn now
    model.optimizer.build(model.trainable_variables)
    count_own_steps(inner_optimizer(model), late)
    _set(model, trained_in(training, model, 1))


def _late(training: TrainingConfig, model: Any) -> list[list[Any]]:
    """Set what learns as it is in the last epoch; returns the variables that begin later than the first, by epochs."""
    late: list[list[Any]] = []
    known: set[int] = set()
    for epoch in sorted({1, *(step.at_epoch for step in training.unfreeze if step.at_epoch <= training.epochs)}):
        _set(model, trained_in(training, model, epoch))
        late.append([variable for variable in model.trainable_variables if id(variable) not in known])
        known.update(id(variable) for variable in late[-1])
    return [group for group in late[1:] if group]


def trained_in(training: TrainingConfig, model: Any, epoch: int) -> dict[str, bool]:
    """Of each layer that is frozen at first, whether it learns in an epoch, counted from 1."""
    first_epochs = _first_epochs(training, model)
    return {name: first is not None and epoch >= first for name, first in first_epochs.items()}


class Unfreezing(Listener):
    """Sets, as each epoch begins, which layers learn in it: the epoch's number alone decides.

    Args:
        training: The training section.
        first_epoch: The epoch in which the training begins, or goes on.
    """

    def __init__(self, training: TrainingConfig, first_epoch: int) -> None:
        self._training = training
        self._first_epoch = first_epoch
        self._model: Any = None

    def train_begin(self, model: Any) -> None:
        """Set what learns at first."""
        self._model = model
        self.epoch_begin(self._first_epoch)

    def epoch_begin(self, epoch: int) -> None:
        """Set what learns; where it changes, Keras's training step is made anew."""
        if _set(self._model, trained_in(self._training, self._model, epoch)):
            self._model.make_train_function(force=True)


def _set(model: Any, trainable: Mapping[str, bool]) -> bool:
    """Set layers' ``trainable``; returns whether any of them changed."""
    layers = named_layers(model)
    changed = {name: value for name, value in trainable.items() if layers[name].trainable != value}
    for name, value in changed.items():
        layers[name].trainable = value
    return bool(changed)


def _first_epochs(training: TrainingConfig, model: Any) -> dict[str, int | None]:
    """Of each layer that is frozen, the first epoch in which it learns; None for never."""
    names = [*named_layers(model)]
    keys: dict[Key, str] = {("training", "freeze", index): pattern for index, pattern in enumerate(training.freeze)}
    frozen = [name for found in chosen(names, keys).values() for name in found]
    epochs: dict[str, int | None] = dict.fromkeys(frozen)
    for index, step in enumerate(training.unfreeze):
        road: Key = ("training", "unfreeze", index)
        patterns: dict[Key, str] = {(*road, "layers", at): pattern for at, pattern in enumerate(step.layers)}
        for key, found in chosen(names, patterns).items():
            thawed = [name for name in found if name in epochs]
            if not thawed:
                message = f"training.freeze freezes no layer that {patterns[key]!r} means"
                raise ConfigError([Problem("model/not-frozen", message, key=key)])
            for name in thawed:
                epochs[name] = min(step.at_epoch, epochs[name] or step.at_epoch)
    return epochs
