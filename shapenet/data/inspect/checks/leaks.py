"""Checks for what gives the label away without being what was meant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shapenet.data.inspect.finding import Evidence, Finding, Severity
from shapenet.data.inspect.statistics import Predictability, predictability

SOME_LIFT, MUCH_LIFT = 0.25, 0.5
"""The way from chance to always right: from here worth a note, and a warning."""
LEAST_DEVIATIONS = 5.0
"""Standard errors above chance below which it may be luck."""


def brightness(evidence: Evidence) -> Iterator[Finding]:
    """Whether the mean brightness alone tells the class."""
    measures = evidence.measures[evidence.reference]
    found = predictability(measures.brightness, measures.labels)
    yield from _judged("data/brightness", "mean brightness", found)


def image_size(evidence: Evidence) -> Iterator[Finding]:
    """Whether the size of the image alone tells the class, where sizes vary."""
    measures = evidence.measures[evidence.reference]
    areas = measures.shapes[:, :2].prod(axis=1).astype(np.float64)
    if np.ptp(areas):
        yield from _judged("data/size-leak", "number of pixels", predictability(areas, measures.labels))


def file_size(evidence: Evidence) -> Iterator[Finding]:
    """Whether the size of the file alone tells the class, where it is known."""
    num_bytes = evidence.file_bytes(evidence.reference)
    if num_bytes is not None:
        labels = evidence.measures[evidence.reference].labels
        yield from _judged("data/file-leak", "size of the file", predictability(num_bytes.astype(np.float64), labels))


def _judged(code: str, what: str, found: Predictability | None) -> Iterator[Finding]:
    if found is None:
        return
    numbers = {"accuracy": found.accuracy, "chance": found.chance}
    message = f"the {what} alone tells {found.accuracy:.1%} of the labels, chance {found.chance:.1%}"
    if found.lift < SOME_LIFT or found.deviations < LEAST_DEVIATIONS:
        yield Finding(Severity.OK, code, message, numbers)
        return
    severity = Severity.WARNING if found.lift >= MUCH_LIFT else Severity.NOTE
    hint = "if the classes don't differ so in the world, a model may learn this instead of what it should"
    yield Finding(severity, code, message, numbers, hint=hint)
