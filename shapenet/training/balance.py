"""What is done about classes of unequal size: weights in the loss, or images that are shown more often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shapenet.config.tasks import unknown_task
from shapenet.errors import ConfigError, Key, Problem, did_you_mean
from shapenet.tasks.base import BoundTask

if TYPE_CHECKING:
    from shapenet.config.schema import ExperimentConfig
    from shapenet.data.batches import Split

_WARNS_ABOVE = 10
"""The largest class may be so many times the smallest before we say so."""


@dataclass(frozen=True)
class Balance:
    """How many training images each class has, and what makes up for it.

    Attributes:
        counts: Training images of each class, in label order.
        shown: How often each class is shown in an epoch; None where each image is shown once.
        weights: What each class counts in the training loss, by the task's name, which is empty where there is
            only one; tasks in whose loss all count 1 are not there.
    """

    counts: Mapping[str, int]
    shown: int | None = None
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def warnings(self) -> tuple[str, ...]:
        """One warning if classes differ much in size and nothing is done about it."""
        there = {name: count for name, count in self.counts.items() if count}
        if self.weights or self.shown is not None or not there:
            return ()
        most, least = max(there, key=there.__getitem__), min(there, key=there.__getitem__)
        if there[most] <= _WARNS_ABOVE * there[least]:
            return ()
        return (
            f"the train split has {there[most]:,} images of {most} but {there[least]:,} of {least}: "
            "training.class_weight: balanced or data.oversample: true makes up for it",
        )


def largest_class(config: ExperimentConfig, train: Split) -> int | None:
    """How often each class is shown in an epoch; None where each image is shown once.

    Args:
        config: The experiment.
        train: The training split.
    """
    import numpy as np

    return int(np.bincount(train.labels).max()) if config.data.oversample else None


def class_counts(split: Split, classes: Sequence[str]) -> dict[str, int]:
    """Images of each class, in label order."""
    import numpy as np

    numbers = np.bincount(split.labels, minlength=len(classes)).tolist()
    return dict(zip(classes, numbers, strict=bool(classes)))


def balanced_weights(counts: Mapping[str, int]) -> dict[str, float]:
    """``n / (number of classes * count)``: every class weighs the same in all, and an image weighs 1 on average.

    After King and Zeng, "Logistic Regression in Rare Events Data", Political Analysis 9
    (2001), in the form of scikit-learn's ``class_weight="balanced"``. Classes without images
    have no weight and are not counted.

    Args:
        counts: Images of each class.
    """
    there = {name: count for name, count in counts.items() if count}
    total = sum(there.values())
    return {name: total / (len(there) * count) for name, count in there.items()}


def class_weights(config: ExperimentConfig, tasks: Mapping[str, BoundTask]) -> dict[str, dict[str, float]]:
    """What each class counts in the training loss of each task that weighs them.

    Args:
        config: The experiment.
        tasks: The tasks on their data, by name.

    Raises:
        ConfigError: A task has no classes to weigh, or there is no task or class of a name.
    """
    given = config.training.class_weight
    if given is None:
        return {}
    road: Key = ("training", "class_weight")
    if "" in tasks:
        return {"": _weights_of(given, tasks[""], road)}
    if given == "balanced":
        weighable = {name: task for name, task in tasks.items() if task.class_counts() is not None}
        if not weighable:
            message = f"training.class_weight: none of the tasks {', '.join(tasks)} has classes to weigh"
            raise ConfigError("config/conflict", message, key=road, hint="leave it out")
        return {name: _weights_of(given, task, road) for name, task in weighable.items()}
    if problems := [problem for name in given if (problem := unknown_task(name, tasks, road))]:
        raise ConfigError(problems)
    return {name: _weights_of(own, tasks[name], (*road, name)) for name, own in given.items()}


def check_weighable(weights: Mapping[str, object], losses: Mapping[str, Any]) -> None:
    """Refuse weights of classes in a loss that can't tell records apart: all would count what they weigh on average.

    Args:
        weights: Weights by the names of the tasks that have some.
        losses: The ``keras.losses.Loss`` of each task.

    Raises:
        ConfigError: A loss is one number of the whole batch.
    """
    import keras

    for name in weights:
        loss = getattr(losses[name], "loss", losses[name])  # of probabilities, where the model gives logits
        if isinstance(loss, keras.losses.Dice | keras.losses.Tversky) and loss.axis is None:
            message = f"training.class_weight does nothing in {type(loss).__name__}, one number of the whole batch"
            hint = "give another loss, or data.oversample: true in place of the weights"
            raise ConfigError("config/conflict", message, key=("training", "class_weight"), hint=hint)


def _weights_of(given: Any, task: BoundTask, key: Key) -> dict[str, float]:
    dotted = ".".join(map(str, key))
    counts = task.class_counts()
    if counts is None:
        message = f"{dotted}: the task has no classes to weigh"
        raise ConfigError("config/conflict", message, key=key, hint="leave it out")
    if not counts:
        return {}
    if given == "balanced":
        weights = balanced_weights(counts)
        return {name: weights.get(name, 1.0) for name in counts}
    if not isinstance(given, Mapping):
        raise ConfigError("config/value", f"{dotted}: expected balanced or weights by class, received {given}", key=key)
    problems = [
        Problem(
            "config/unknown-class", f"{dotted}: the data has no class {name!r}", key=(*key, name),
            hint=did_you_mean(name, counts),
        )
        for name in given
        if name not in counts
    ]  # fmt: skip
    problems += [
        Problem("config/value", f"{dotted}.{name}: expected a number, received {weight!r}", key=(*key, name))
        for name, weight in given.items()
        if not isinstance(weight, float | int)
    ]
    if problems:
        raise ConfigError(problems)
    return {name: given.get(name, 1.0) for name in counts}
