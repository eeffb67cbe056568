"""Checks of classes: their sizes and names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shapenet.data.inspect.finding import MOST_EXAMPLES, Evidence, Finding, Severity, listed
from shapenet.words import counted

UNEVEN, VERY_UNEVEN = 1.5, 3.0
"""Largest class over smallest: from here worth a note, and a warning."""
FEW_IMAGES = 10
"""A class of fewer images can neither be learnt nor split."""
LEAN_IMAGES = 100
"""Below so many images a class, on average, a network trained from nothing memorizes more than it learns."""


def imbalance(evidence: Evidence) -> Iterator[Finding]:
    """Classes that differ in size, or are empty."""
    counts = evidence.counts[evidence.reference]
    classes = evidence.subject.classes
    if not classes:
        need = "only tasks that don't need them can learn from it; classification needs a column or folder that says it"
        yield Finding(Severity.NOTE, "data/unlabelled", "no labels: nothing says the class of an image", hint=need)
        return
    yield from _absent(evidence)
    present = np.flatnonzero(counts)
    if len(present) < 2:
        yield Finding(Severity.ERROR, "data/single-class", "all images are of one class", {"classes": len(present)})
        return
    largest, smallest = present[counts[present].argmax()], present[counts[present].argmin()]
    ratio = counts[largest] / counts[smallest]
    severity = Severity.OK if ratio < UNEVEN else Severity.NOTE if ratio < VERY_UNEVEN else Severity.WARNING
    message = (
        f"the largest class, {classes[largest]} ({counts[largest]:,} images), has {ratio:.3g} times as many as the "
        f"smallest, {classes[smallest]} ({counts[smallest]:,})"
    )
    if counts[largest] == counts[smallest]:
        message = f"all classes have {counted(int(counts[largest]), 'image')}"
    hint = None
    if severity is not Severity.OK:
        always = counts[largest] / counts.sum()
        hint = f"always answering {classes[largest]} is right for {always:.1%}: look at recall and F1 by class"
    numbers = {"ratio": float(ratio), "largest": int(counts[largest]), "smallest": int(counts[smallest])}
    yield Finding(severity, "data/imbalance", message, numbers, hint=hint)


def _absent(evidence: Evidence) -> Iterator[Finding]:
    counts = evidence.counts[evidence.reference]
    elsewhere = sum((found for name, found in evidence.counts.items() if name != evidence.reference), 0 * counts)
    absent = np.flatnonzero(counts == 0)
    if len(absent):
        judged = absent[elsewhere[absent] > 0]
        names = [evidence.subject.classes[label] for label in absent]
        where = f"{evidence.reference} split" if evidence.subject.is_divided else "data"
        message = f"{counted(len(absent), 'class', 'classes')} without an image in the {where}: {listed(names)}"
        severity = Severity.ERROR if len(judged) else Severity.WARNING
        hint = "val or test ask for what can't be learnt" if len(judged) else "what never occurs can't be learnt"
        yield Finding(severity, "data/empty-class", message, {"classes": len(absent)}, hint=hint)


def few(evidence: Evidence) -> Iterator[Finding]:
    """Classes of too few images, and too few images altogether."""
    counts = evidence.counts[evidence.reference]
    present = np.flatnonzero(counts)
    if not len(present):
        return
    small = present[counts[present] < FEW_IMAGES]
    mean = counts.sum() / len(present)
    numbers = {"small_classes": len(small), "images_per_class": float(mean)}
    if len(small):
        names = [f"{evidence.subject.classes[label]} ({counts[label]:,})" for label in small]
        message = f"{counted(len(small), 'class has', 'classes have')} fewer than {FEW_IMAGES} images: {listed(names)}"
        hint = "collect more, or join or drop these classes"
        yield Finding(Severity.WARNING, "data/few", message, numbers, hint=hint)
    elif mean < LEAN_IMAGES:
        message = f"{mean:.1f} images a class, on average: expected {LEAN_IMAGES} or more to train from nothing"
        yield Finding(Severity.NOTE, "data/few", message, numbers, hint="augmentation and weight decay help")
    else:
        message = f"{mean:,.0f} images a class on average, at least {counts[present].min():,} each"
        yield Finding(Severity.OK, "data/few", message, numbers)


def class_names(evidence: Evidence) -> Iterator[Finding]:
    """Class names that differ only in case or spaces."""
    if not evidence.subject.classes:
        return
    alike: dict[str, list[str]] = {}
    for name in evidence.subject.classes:
        alike.setdefault("".join(name.casefold().split()), []).append(name)
    groups = [names for names in alike.values() if len(names) > 1]
    numbers = {"groups": len(groups)}
    if groups:
        examples = tuple(" / ".join(map(repr, names)) for names in groups[:MOST_EXAMPLES])
        message = f"{counted(len(groups), 'group')} of class names that differ only in case or spaces"
        hint = "if they mean the same, write them alike"
        yield Finding(Severity.WARNING, "data/class-names", message, numbers, examples, hint)
    else:
        yield Finding(Severity.OK, "data/class-names", "no two class names differ only in case or spaces", numbers)
