"""Checks for images that are there more than once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice

import numpy as np
import numpy.typing as npt

from shapenet.data.inspect.finding import MOST_EXAMPLES, Evidence, Finding, Severity
from shapenet.data.inspect.likeness import alike, comparable, standardized, thumbnails
from shapenet.data.inspect.values import full_scale, values_at
from shapenet.data.store import content_keys
from shapenet.words import counted

LIKELY, NEAR = 0.998, 0.995
"""Correlation of two images at 9 x 8 pixels in gray, and at 32 x 32 in colour, from which they are near duplicates.

Copies pass that were saved as JPEG of quality 50 or more, enlarged, made brighter, or given noise of up to 2
percent; copies that were moved or cropped by a pixel do not. Of the 60,000 digits of MNIST no two pass.
"""
MOST_PAIRS = 5_000
"""Likely pairs that are looked at closely; what goes beyond would take minutes and tell nothing new."""
_CLOSE_SIDE = 32


@dataclass(frozen=True)
class _Pooled:
    """The images of all splits in one row.

    Attributes:
        evidence: Where they come from.
    """

    evidence: Evidence

    @cached_property
    def bounds(self) -> npt.NDArray[np.int64]:
        """Where each split begins, and the end."""
        return np.cumsum([0, *map(len, self.evidence.measures.values())])

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """For each image a number that images of equal pixels share."""
        keys = content_keys([measures.content for measures in self.evidence.measures.values()])
        return np.asarray(np.unique(keys, return_inverse=True)[1], np.int64)

    @cached_property
    def split_numbers(self) -> npt.NDArray[np.int64]:
        """For each image the number of its split."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """For each image its label."""
        return np.concatenate([measures.labels for measures in self.evidence.measures.values()])

    def place(self, index: int) -> tuple[str, int]:
        """Split and position in it of an image."""
        number = int(np.searchsorted(self.bounds, index, side="right")) - 1
        return list(self.evidence.measures)[number], index - int(self.bounds[number])

    def name(self, index: int, *, label: bool = False) -> str:
        """Split and name of an image, or its name and class."""
        split, position = self.place(index)
        name = self.evidence.subject.name(split, position)
        if label and self.evidence.subject.classes:
            return f"{name} ({self.evidence.subject.classes[self.labels[index]]})"
        return f"{split}: {name}" if self.evidence.subject.is_divided else name

    def close_up(self, index: int) -> npt.NDArray[np.float32]:
        """The image at 32 x 32 pixels, all channels, as a vector of mean 0 and length 1."""
        split, position = self.place(index)
        chosen = self.evidence.subject.splits[split]
        (image,) = values_at(chosen.store, "image", chosen.indices[position : position + 1])
        planes = np.moveaxis(np.asarray(image, np.float32) / np.float32(full_scale(image.dtype)), -1, 0)
        vectors = standardized(thumbnails(np.nan_to_num(planes), _CLOSE_SIDE, _CLOSE_SIDE)[None])
        return np.asarray(vectors[0])


def exact(evidence: Evidence) -> Iterator[Finding]:
    """The same pixels more than once in a split, or in two splits."""
    pooled = _Pooled(evidence)
    names = list(evidence.measures)
    repeated = 0
    for number, name in enumerate(names):
        members = np.flatnonzero(pooled.split_numbers == number)
        pairs = _repeats(members, pooled.groups[members])
        repeated += len(pairs)
        if pairs:
            where = f" of {name}" if evidence.subject.is_divided else ""
            message = f"{counted(len(pairs), 'image')}{where} repeat{'s' * (len(pairs) == 1)} another, pixel by pixel"
            hint = "they count double in training; shapenet keeps them on one side of a split that it makes"
            numbers = {"images": len(pairs), "share": len(pairs) / len(members)}
            yield Finding(Severity.WARNING, "data/duplicate", message, numbers, _pair_names(pooled, pairs), hint)
    if not repeated:
        yield Finding(Severity.OK, "data/duplicate", "no image is there twice", {"images": 0})
    if evidence.subject.is_divided:
        yield from _overlaps(pooled, names)


def _overlaps(pooled: _Pooled, names: Sequence[str]) -> Iterator[Finding]:
    found = False
    for first, second in combinations(range(len(names)), 2):
        ours, theirs = (np.flatnonzero(pooled.split_numbers == number) for number in (first, second))
        common, at_ours, _ = np.intersect1d(pooled.groups[ours], pooled.groups[theirs], return_indices=True)
        if len(common):
            found = True
            their_index = [int(theirs[pooled.groups[theirs] == group][0]) for group in common[:MOST_EXAMPLES]]
            pairs = list(zip(map(int, ours[at_ours[:MOST_EXAMPLES]]), their_index, strict=True))
            shared = int(np.isin(pooled.groups[theirs], common).sum())
            message = (
                f"{counted(shared, 'image')} of {names[second]} ({shared / len(theirs):.2%}) {_is(shared)} "
                f"in {names[first]} too"
            )
            hint = f"what {names[second]} is to judge was seen before: remove them from one of the two"
            numbers = {"images": shared, "share": shared / len(theirs)}
            yield Finding(Severity.ERROR, "data/overlap", message, numbers, _pair_names(pooled, pairs), hint)
    if not found:
        yield Finding(Severity.OK, "data/overlap", "no image is in two splits", {"images": 0})


def conflicting(evidence: Evidence) -> Iterator[Finding]:
    """The same pixels under different labels."""
    pooled = _Pooled(evidence)
    order = np.lexsort((pooled.labels, pooled.groups))
    groups, labels = pooled.groups[order], pooled.labels[order]
    at = np.flatnonzero((groups[1:] == groups[:-1]) & (labels[1:] != labels[:-1]))
    if not len(at):
        yield Finding(Severity.OK, "data/conflict", "no image has two labels", {"images": 0})
        return
    count = len(np.unique(groups[at]))
    examples = tuple(
        f"{pooled.name(int(order[i]), label=True)} = {pooled.name(int(order[i + 1]), label=True)}"
        for i in at[:MOST_EXAMPLES]
    )
    message = f"{counted(count, 'image')} {'has' if count == 1 else 'have'} more than one label"
    yield Finding(
        Severity.ERROR, "data/conflict", message, {"images": count}, examples, "at most one of the labels is right"
    )


def near(evidence: Evidence) -> Iterator[Finding]:
    """Images that look alike without being equal."""
    pooled = _Pooled(evidence)
    pairs, all_seen = _near_pairs(pooled)
    across = [pair for pair in pairs if pooled.split_numbers[pair[0]] != pooled.split_numbers[pair[1]]]
    within = len(pairs) - len(across)
    more = "" if all_seen else "at least "
    differing = sum(pooled.labels[one] != pooled.labels[other] for one, other in pairs)
    numbers = {"across": len(across), "within": within, "labels_differ": int(differing)}
    labels = f", {differing:,} of all such pairs under two labels" if differing else ""
    if across:
        message = f"{more}{counted(len(across), 'pair')} of images in different splits look alike{labels}"
        hint = "if they show the same thing, keep them on one side: val and test flatter otherwise"
        yield Finding(Severity.WARNING, "data/near-duplicate", message, numbers, _pair_names(pooled, across, "~"), hint)
    elif within:
        where = "in one split " if evidence.subject.is_divided else ""
        message = f"{more}{counted(within, 'pair')} of images {where}look{'s' * (within == 1)} alike{labels}"
        parting = None if evidence.subject.is_divided else "a random split may part them"
        yield Finding(Severity.NOTE, "data/near-duplicate", message, numbers, _pair_names(pooled, pairs, "~"), parting)
    else:
        yield Finding(Severity.OK, "data/near-duplicate", "no two images look alike", numbers)


def _near_pairs(pooled: _Pooled) -> tuple[list[tuple[int, int]], bool]:
    """Pairs that look alike, and whether every image was compared with every other."""
    small = np.concatenate([measures.small for measures in pooled.evidence.measures.values()])
    distinct = np.sort(np.unique(pooled.groups, return_index=True)[1])
    compared = distinct[comparable(len(distinct))]
    pairs: list[tuple[int, int]] = []
    likely = ((int(compared[i]), int(compared[j])) for i, j in alike(small[compared], LIKELY))
    for first, second in islice(likely, MOST_PAIRS):
        if float(pooled.close_up(first) @ pooled.close_up(second)) >= NEAR:
            pairs.append((first, second))
    return pairs, len(compared) == len(distinct) and next(likely, None) is None


def _repeats(members: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Each image that repeats an earlier one, after the first of its kind."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    leaders = first[inverse]
    return [(int(members[leaders[i]]), int(members[i])) for i in np.flatnonzero(leaders != np.arange(len(members)))]


def _pair_names(pooled: _Pooled, pairs: Sequence[tuple[int, int]], sign: str = "=") -> tuple[str, ...]:
    return tuple(f"{pooled.name(one)} {sign} {pooled.name(other)}" for one, other in pairs[:MOST_EXAMPLES])


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
