"""Which records are used, and on which side of the split each stands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shapenet.data.store import content_keys
from shapenet.errors import DataError

Indices = npt.NDArray[np.int64]


def limit_balanced(labels: Indices, limit: int | None, seed: int) -> Indices:
    """Positions of `limit` records, as equally many of each class as there are.

    Args:
        labels: Shape ``(n,)``.
        limit: How many; None for all.
        seed: Decides which.

    Returns:
        Positions in rising order, shape ``(min(limit, n),)``.
    """
    if limit is None or limit >= len(labels):
        return np.arange(len(labels))
    order = np.random.default_rng((seed, _LIMIT)).permutation(len(labels))
    rank = _rank_within(labels[order])
    # Sorting by rank takes the first of each class, then the second of each, and so on.
    chosen = order[np.argsort(rank, kind="stable")[:limit]]
    return np.sort(chosen)


def split_stratified(
    labels: Indices, content: npt.NDArray[np.uint64], fractions: Mapping[str, float], seed: int
) -> dict[str, Indices]:
    """Divide records so that classes keep their shares and equal images stay together.

    Args:
        labels: Shape ``(n,)``.
        content: Content digests, shape ``(n, 2)``; records with equal ones go to one side.
        fractions: Fraction of each held-out split; what is left is ``train``.
        seed: Decides which records go where.

    Returns:
        Positions of each split in rising order, ``train`` first.
    """
    groups = first_of_equal(content)
    order = np.random.default_rng((seed, _SPLIT)).permutation(len(labels))
    leaders = order[groups[order] == order]
    leader_labels = labels[leaders]
    rank = _rank_within(leader_labels)
    counts = np.bincount(leader_labels, minlength=1)[leader_labels]
    side_of = np.zeros(len(labels), np.int64)
    start = np.zeros(len(leaders))
    names = ["train", *fractions]
    for side, fraction in enumerate(fractions.values(), start=1):
        stop = start + np.round(fraction * counts)
        side_of[leaders[(rank >= start) & (rank < stop)]] = side
        start = stop
    sides = side_of[groups]
    return {name: np.flatnonzero(sides == side) for side, name in enumerate(names)}


def fold_stratified(
    labels: Indices, content: npt.NDArray[np.uint64], fold: tuple[int, int], seed: int
) -> dict[str, Indices]:
    """Hold out one of several folds, which together cover everything and don't overlap.

    Different contents of a class are dealt out to the folds in turn, and the next class
    goes on where it stopped: so folds differ by at most one in each class and in all.

    Args:
        labels: Shape ``(n,)``.
        content: Content digests, shape ``(n, 2)``; records with equal ones are in one fold.
        fold: Number of the fold, from 1, and how many there are.
        seed: Decides which records are in which fold.

    Returns:
        Positions of ``train`` and ``val`` in rising order.
    """
    groups = first_of_equal(content)
    order = np.random.default_rng((seed, _FOLD)).permutation(len(labels))
    leaders = order[groups[order] == order]
    dealt = leaders[np.argsort(labels[leaders], kind="stable")]
    number, total = fold
    fold_of = np.zeros(len(labels), np.int64)
    fold_of[dealt] = np.arange(len(dealt)) % total
    held_out = fold_of[groups] == number - 1
    return {"train": np.flatnonzero(~held_out), "val": np.flatnonzero(held_out)}


_LIMIT, _SPLIT, _FOLD = 1, 2, 3  # keep the draws of one seed apart


def first_of_equal(content: npt.NDArray[np.uint64]) -> Indices:
    """For each record the position of the first one with the same content."""
    _, first, inverse = np.unique(content_keys([content]), return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.int64)


def _rank_within(labels: Indices) -> Indices:
    """For each position, how many before it bear the same label."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(labels) else np.zeros(0, np.int64)
    lengths = np.diff(np.r_[starts, len(labels)])
    rank = np.empty(len(labels), np.int64)
    rank[order] = np.arange(len(labels)) - np.repeat(starts, lengths)
    return rank


def check_split(name: str, labels: Indices, classes: tuple[str, ...], *, needs_classes: bool = True) -> None:
    """Refuse a split without records, or a training split of one class where classes are learnt.

    Raises:
        DataError: With the counts.
    """
    if not len(labels):
        raise DataError(
            "data/empty-split",
            f"the {name} split is empty",
            hint="raise data.limit or data.split, or give the split a source of its own",
        )
    counts = np.bincount(labels, minlength=len(classes))
    if needs_classes and name == "train" and np.count_nonzero(counts) < 2:
        shown = ", ".join(f"{c}: {n}" for c, n in zip(classes, counts, strict=True))
        raise DataError(
            "data/single-class", f"expected at least two classes in the train split, received {shown or 'none'}"
        )
