"""Formulas that the checks rest on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_FOLDS = 5
_MOST_BINS = 64
_IMAGES_PER_BIN = 20
_MOST_TERMS = 10_000
_PRECISION = 1e-12


@dataclass(frozen=True)
class Predictability:
    """How well one number alone tells the class.

    Attributes:
        accuracy: Mean over the classes of the share that is told right, on images not learnt from.
        chance: What guessing reaches.
        deviations: How many standard errors lie between the two.
    """

    accuracy: float
    chance: float
    deviations: float

    @property
    def lift(self) -> float:
        """The way from chance (0) to always right (1)."""
        return (self.accuracy - self.chance) / (1 - self.chance)


def predictability(values: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> Predictability | None:
    """Tell classes from one number by a histogram, 5-fold cross-validated.

    The number's range is cut into at most 64 parts of equally many images; each part stands for the
    class that is most frequent in it, relative to the size of the class.

    Args:
        values: One number for each image, ``(n,)``.
        labels: Its class, ``(n,)``.

    Returns:
        None where there are too few images or classes to tell, or the number is the same for all.
    """
    present, classes = np.unique(labels, return_inverse=True)
    sizes = np.bincount(classes)
    num_bins = min(_MOST_BINS, len(values) // _IMAGES_PER_BIN)
    if len(present) < 2 or sizes.min() < 2 * _FOLDS or num_bins < 2 or np.ptp(values) == 0:
        return None
    edges = np.unique(np.quantile(values, np.linspace(0, 1, num_bins + 1)[1:-1]))
    bins = np.searchsorted(edges, values, side="right")
    folds = np.random.default_rng(0).permutation(len(values)) % _FOLDS
    shape = (_FOLDS, len(edges) + 1, len(present))
    counts = np.bincount(np.ravel_multi_index((folds, bins, classes), shape), minlength=math.prod(shape)).reshape(shape)
    learnt = counts.sum(axis=0) - counts
    weighted = learnt / np.maximum(learnt.sum(axis=1, keepdims=True), 1)
    told = weighted.argmax(axis=2)
    right = np.zeros(len(present))
    for fold, guesses in enumerate(told):
        np.add.at(right, guesses, counts[fold, np.arange(len(guesses)), guesses])
    chance = 1 / len(present)
    accuracy = float(np.mean(right / sizes))
    error = math.sqrt(chance * (1 - chance) * float(np.sum(1 / sizes))) / len(present)
    return Predictability(accuracy, chance, (accuracy - chance) / error)


@dataclass(frozen=True)
class Homogeneity:
    """Whether two sets have the same shares of classes.

    Attributes:
        statistic: Pearson's chi-square.
        probability: Of a statistic as large as this where the shares are the same.
        strength: Cramér's V: 0 for equal shares, 1 for classes that never meet.
    """

    statistic: float
    probability: float
    strength: float


def homogeneity(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Homogeneity | None:
    """Pearson's chi-square test of two rows of counts (Pearson, 1900), and Cramér's V (1946).

    Args:
        first: Images of each class in one set, ``(classes,)``.
        second: In the other.

    Returns:
        None where fewer than two classes occur.
    """
    table = np.stack([first, second]).astype(np.float64)
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return None
    total = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / total
    statistic = float(np.sum((table - expected) ** 2 / expected))
    probability = upper_gamma((table.shape[1] - 1) / 2, statistic / 2)
    return Homogeneity(statistic, probability, math.sqrt(statistic / total))


def upper_gamma(shape: float, value: float) -> float:
    """The regularized upper incomplete gamma function Q(shape, value).

    With degrees of freedom d, Q(d / 2, x / 2) is the probability of a chi-square of x or more. A series
    below shape + 1, Lentz's continued fraction above (Press et al., Numerical Recipes, section 6.2).

    Args:
        shape: Above 0.
        value: 0 or more.
    """
    if value <= 0:
        return 1.0
    factor = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        return max(0.0, 1 - factor * _series(shape, value))
    return factor * _continued_fraction(shape, value)


def _series(shape: float, value: float) -> float:
    term = total = 1 / shape
    for step in range(1, _MOST_TERMS):
        term *= value / (shape + step)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _continued_fraction(shape: float, value: float) -> float:
    tiny = 1e-300
    lower = value + 1 - shape
    upper, inverse = 1 / tiny, 1 / lower
    result = inverse
    for step in range(1, _MOST_TERMS):
        numerator = -step * (step - shape)
        lower += 2
        inverse = 1 / (numerator * inverse + lower or tiny)
        upper = numerator / upper + lower or tiny
        result *= upper * inverse
        if abs(upper * inverse - 1) < _PRECISION:
            break
    return result
