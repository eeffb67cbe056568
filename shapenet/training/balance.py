"""What is done about classes of unequal size: weights in the loss, or images that are shown more often."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shapenet.errors import ConfigError, Problem, did_you_mean

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
        weights: What an image of each class counts in the training loss, in label order; None where all count 1.
        shown: How often each class is shown in an epoch; None where each image is shown once.
    """

    counts: Mapping[str, int]
    weights: Mapping[str, float] | None = None
    shown: int | None = None

    def weights_by_label(self) -> dict[int, float] | None:
        """The weights in the form that Keras's ``fit`` takes."""
        return None if self.weights is None else dict(enumerate(self.weights.values()))

    def warnings(self) -> tuple[str, ...]:
        """One warning if classes differ much in size and nothing is done about it."""
        there = {name: count for name, count in self.counts.items() if count}
        if self.weights is not None or self.shown is not None or not there:
            return ()
        most, least = max(there, key=there.__getitem__), min(there, key=there.__getitem__)
        if there[most] <= _WARNS_ABOVE * there[least]:
            return ()
        return (
            f"the train split has {there[most]:,} images of {most} but {there[least]:,} of {least}: "
            "training.class_weight: balanced or data.oversample: true makes up for it",
        )


def balance_of(config: ExperimentConfig, train: Split, classes: Sequence[str]) -> Balance:
    """What a config does about the classes of a training split.

    Args:
        config: The experiment.
        train: The training split.
        classes: Class names in label order.
    """
    counts = class_counts(train, classes)
    given = config.training.class_weight
    weights = balanced_weights(counts) if given == "balanced" else given
    if weights is not None:
        weights = {name: weights.get(name, 1.0) for name in classes}
    return Balance(counts, weights, max(counts.values()) if config.data.oversample else None)


def class_counts(split: Split, classes: Sequence[str]) -> dict[str, int]:
    """Images of each class, in label order."""
    import numpy as np

    numbers = np.bincount(split.labels, minlength=len(classes))
    return {name: int(number) for name, number in zip(classes, numbers, strict=True)}


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


def check_class_names(config: ExperimentConfig, classes: Collection[str]) -> None:
    """Refuse weights for classes that there are not.

    Raises:
        ConfigError: With the nearest names.
    """
    given = config.training.class_weight
    if given is None or given == "balanced":
        return
    problems = [
        Problem(
            "config/unknown-class",
            f"training.class_weight: the data has no class {name!r}",
            key=("training", "class_weight", name),
            hint=did_you_mean(name, classes),
        )
        for name in given
        if name not in classes
    ]
    if problems:
        raise ConfigError(problems)
