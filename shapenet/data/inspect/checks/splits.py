"""Checks of splits against each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shapenet.data.inspect.finding import Evidence, Finding, Severity
from shapenet.data.inspect.statistics import homogeneity
from shapenet.words import counted

RARE = 0.001
"""A difference that chance makes less often than this is one."""
LEAST_STRENGTH = 0.05
"""Cramér's V below which a difference is too small to matter, however certain."""
LEAST_IMAGES = 100
"""A split of fewer images says little: its figures move by whole percents from image to image."""


def shares(evidence: Evidence) -> Iterator[Finding]:
    """Splits whose classes have other shares than in ``train``."""
    if not evidence.subject.classes:
        return
    train = evidence.counts[evidence.reference]
    for name, counts in evidence.counts.items():
        found = homogeneity(train, counts) if name != evidence.reference else None
        if found is None:
            continue
        numbers = {"chi_square": found.statistic, "probability": found.probability, "cramers_v": found.strength}
        test = f"chi-square {found.statistic:.3g}, p {found.probability:.2g}"
        if found.probability >= RARE or found.strength < LEAST_STRENGTH:
            yield Finding(Severity.OK, "data/split-shares", f"{name} has the class shares of train ({test})", numbers)
            continue
        apart = counts / counts.sum() - train / train.sum()
        label = int(np.abs(apart).argmax())
        message = (
            f"{name} has other class shares than train ({test}): {evidence.subject.classes[label]} is "
            f"{counts[label] / counts.sum():.1%} of {name}, {train[label] / train.sum():.1%} of train"
        )
        hint = "let shapenet divide one source, which keeps the shares, or expect accuracies that differ"
        yield Finding(Severity.WARNING, "data/split-shares", message, numbers, hint=hint)


def split_sizes(evidence: Evidence) -> Iterator[Finding]:
    """Splits of too few images to judge a model by."""
    for name, measures in evidence.measures.items():
        if name != evidence.reference and len(measures) < LEAST_IMAGES:
            error = 0.5 / np.sqrt(len(measures))
            message = f"{name} has {counted(len(measures), 'image')}: its accuracy is uncertain by up to {error:.0%}"
            hint = f"expected {LEAST_IMAGES} or more"
            yield Finding(Severity.WARNING, "data/split-size", message, {"images": len(measures)}, hint=hint)
