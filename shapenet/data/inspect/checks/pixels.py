"""Checks of the images themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from shapenet.data.inspect.finding import MOST_EXAMPLES, Evidence, Finding, Severity
from shapenet.data.inspect.measure import Measures
from shapenet.words import counted


def not_finite(evidence: Evidence) -> Iterator[Finding]:
    """Pixels that are NaN or infinite; only floating point can hold them."""
    if not np.issubdtype(np.dtype(evidence.subject.image.dtype), np.floating):
        return
    count, total, names = _found(evidence, lambda measures: measures.num_not_finite > 0)
    if count:
        message = f"{count:,} of {counted(total, 'image')} have values that are NaN or infinite"
        hint = "one of them makes every weight NaN"
        yield Finding(Severity.ERROR, "data/not-finite", message, {"images": count}, names, hint)
    else:
        yield Finding(Severity.OK, "data/not-finite", "every value is a finite number", {"images": 0})


def flat(evidence: Evidence) -> Iterator[Finding]:
    """Images of one single colour."""
    count, total, names = _found(evidence, lambda measures: measures.is_flat)
    if count:
        message = f"{count:,} of {counted(total, 'image')} ({count / total:.2%}) show one single colour"
        hint = "look whether they were lost on the way: nothing can be learnt from them"
        yield Finding(Severity.WARNING, "data/flat", message, {"images": count}, names, hint)
    else:
        yield Finding(Severity.OK, "data/flat", "no image is of one single colour", {"images": 0})


def gray(evidence: Evidence) -> Iterator[Finding]:
    """Colour images without colour."""
    if evidence.subject.image.shape[2] != 3:
        return
    count, total, _ = _found(evidence, lambda measures: measures.is_gray)
    numbers = {"images": count, "share": count / total}
    if count == total:
        message = "all three channels are equal in every image: they could be gray"
        hint = "color: gray in the source saves two thirds of memory and of the first layer"
        yield Finding(Severity.NOTE, "data/gray", message, numbers, hint=hint)
    elif count:
        yield Finding(Severity.NOTE, "data/gray", f"{count:,} of {counted(total, 'image')} are gray", numbers)
    else:
        yield Finding(Severity.OK, "data/gray", "every image has colour", numbers)


def sizes(evidence: Evidence) -> Iterator[Finding]:
    """Sizes that vary."""
    shapes = np.concatenate([measures.shapes[:, :2] for measures in evidence.measures.values()])
    distinct = len(np.unique(shapes, axis=0))
    low, high = shapes.min(axis=0), shapes.max(axis=0)
    numbers = {"distinct": distinct, "min_height": int(low[0]), "max_height": int(high[0])}
    numbers |= {"min_width": int(low[1]), "max_width": int(high[1])}
    if distinct > 1:
        span = f"heights {low[0]:,} to {high[0]:,}, widths {low[1]:,} to {high[1]:,}"
        hint = "the config must say how they become one size"
        yield Finding(Severity.NOTE, "data/sizes", f"{distinct:,} sizes: {span}", numbers, hint=hint)
    else:
        yield Finding(Severity.OK, "data/sizes", f"all images are {low[0]:,} x {low[1]:,} pixels", numbers)


def _found(evidence: Evidence, flags: Callable[[Measures], npt.NDArray[np.bool_]]) -> tuple[int, int, tuple[str, ...]]:
    """How many images have a property, of how many, and the names of the first of them."""
    count, total = 0, 0
    names: list[str] = []
    for split, measures in evidence.measures.items():
        positions = np.flatnonzero(flags(measures))
        names.extend(evidence.names(split, positions))
        count, total = count + len(positions), total + len(measures)
    return count, total, tuple(names[:MOST_EXAMPLES])
