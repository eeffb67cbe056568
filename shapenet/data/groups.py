"""Splitting by groups: records that belong together stay together, and fractions and classes are met as they allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_GROUPS = 4  # keeps the draws of one seed apart from those of `shapenet.data.split`


def joined(groups: Sequence[str], leaders: Indices) -> Indices:
    """Number the units: groups, and where a record equals one of another group, both groups together.

    Args:
        groups: What group each record is in, length n.
        leaders: For each record the first one with the same content, shape ``(n,)``.

    Returns:
        The unit of each record, from 0, shape ``(n,)``.
    """
    names, group_of = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
    parents = list(range(len(names)))

    def root(group: int) -> int:
        while parents[group] != group:
            parents[group] = parents[parents[group]]
            group = parents[group]
        return group

    for copy in np.flatnonzero(leaders != np.arange(len(leaders))):
        parents[root(int(group_of[copy]))] = root(int(group_of[leaders[copy]]))
    roots = np.array([root(group) for group in range(len(names))], np.int64)
    return np.asarray(np.unique(roots[group_of], return_inverse=True)[1], np.int64)


def split_groups(units: Indices, labels: Indices, shares: Mapping[str, float], seed: int) -> dict[str, Indices]:
    """Divide whole units so that sizes and classes of the sides come near their shares.

    Units are placed one after another, the larger ones first, each where it lessens the
    distance from the shares most, as scikit-learn's ``StratifiedGroupKFold`` does. The distance
    is chi-squared: (received - expected)^2 / expected, added up over sides and classes, with
    all records together weighing as much as all classes do. No side stays empty if there
    are enough units.

    Args:
        units: The unit of each record, from 0, shape ``(n,)``.
        labels: Their labels, shape ``(n,)``; all 0 for a split that does not look at classes.
        shares: Fraction of each side; they add up to 1.
        seed: Decides which units of like size come first.

    Returns:
        Positions of each side in rising order.
    """
    order = np.argsort(units, kind="stable")
    sizes = np.bincount(units)
    members = np.split(labels[order], np.cumsum(sizes)[:-1]) if len(units) else []
    side_of = _place(members, labels, np.array(list(shares.values())), _larger_first(sizes, seed))
    sides = side_of[units]
    return {name: np.flatnonzero(sides == side) for side, name in enumerate(shares)}


def _larger_first(sizes: Indices, seed: int) -> Indices:
    """Units in random order, but those of at least twice the size of others before them."""
    order = np.random.default_rng((seed, _GROUPS)).permutation(len(sizes))
    magnitude = np.frexp(sizes[order])[1]
    return np.asarray(order[np.argsort(-magnitude, kind="stable")], np.int64)


def _place(members: Sequence[Indices], labels: Indices, shares: Floats, order: Indices) -> Indices:
    """The side of each unit; `members` holds the labels of each."""
    classes = int(labels.max(initial=-1)) + 1
    totals = np.bincount(labels, minlength=classes).astype(np.float64)
    present = np.flatnonzero(totals)
    expected = np.outer(shares, np.r_[totals[present], len(labels)])
    weights = np.r_[np.ones(len(present)), len(present)] / expected
    filled = np.zeros_like(expected)
    taken = np.zeros(len(shares), np.int64)
    sides = np.zeros(len(members), np.int64)
    for position, unit in enumerate(order):
        counts = np.bincount(members[unit], minlength=classes)[present]
        added = np.r_[counts, counts.sum()]
        change = ((2 * (filled - expected) + added) * added * weights).sum(axis=1)
        empty = taken == 0
        if len(order) - position <= np.count_nonzero(empty):
            change[~empty] = np.inf
        side = int(np.argmin(change))
        sides[unit] = side
        filled[side] += added
        taken[side] += 1
    return sides
