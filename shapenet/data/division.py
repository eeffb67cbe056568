"""How a source is divided into splits, and the division itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shapenet.data.files.faults import MAX_LISTED, shown
from shapenet.data.given import SIDES, check_all_listed, column_of, sides_by_column, sides_by_file
from shapenet.data.groups import joined, split_groups
from shapenet.data.records import Records
from shapenet.data.split import first_of_equal, fold_stratified, limit_balanced, split_stratified
from shapenet.data.store import CONTENT, RecordStore
from shapenet.errors import DataError

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SplitPlan:
    """How to divide the data.

    Attributes:
        fractions: Fraction of each split that is held out of the source.
        limit: How many records of the source to use; None for all.
        seed: Decides which.
        allow_overlap: Bear the same image in splits of different sources, or in those that are given.
        stratify: Whether each side has the same shares of the classes.
        group: A column; records with the same text in it stay together.
        fold: Number of the fold that is ``val``, from 1, and how many there are.
        column: A column that says where each record stands.
        file: A CSV that says where each record stands.
    """

    fractions: Mapping[str, float]
    limit: int | None
    seed: int
    allow_overlap: bool
    stratify: bool = True
    group: str | None = None
    fold: tuple[int, int] | None = None
    column: str | None = None
    file: Path | None = None

    @property
    def is_given(self) -> bool:
        """Whether a column or a file decides, rather than the seed."""
        return self.column is not None or self.file is not None


@dataclass(frozen=True)
class Guide:
    """What is known of the division before any image is read.

    Attributes:
        own: Splits that have a source of their own.
        sides: The side of each record where a column or a file decides, as positions in `SIDES`;
            -1 for records that the file does not list.
        groups: The group of each record, if groups stay together.
    """

    own: Collection[str]
    sides: Indices | None = None
    groups: npt.NDArray[np.object_] | None = None

    @classmethod
    def read(cls, records: Records, plan: SplitPlan, own: Collection[str]) -> Guide:
        """Read the columns and the file that a plan names.

        Raises:
            DataError: One of them is at fault.
        """
        if plan.column is not None:
            sides = sides_by_column(records, plan.column)
            twice = [name for name in sorted(own) if (sides == SIDES.index(name)).any()]
            if twice:
                message = f"the column {plan.column!r} has {twice[0]} records, but data.{twice[0]} names a source"
                raise DataError("data/split-column", message, key=("data", twice[0]), hint="leave one of them out")
            return cls(own, sides)
        if plan.file is not None:
            return cls(own, sides_by_file(records, plan.file, own))
        return cls(own, groups=None if plan.group is None else _read_groups(records, plan.group))


def _read_groups(records: Records, column: str) -> npt.NDArray[np.object_]:
    key = ("data", "split", "group")
    texts = column_of(records, column, key)
    nameless = [index for index, text in enumerate(texts) if not text.strip()]
    if nameless:
        first = ", ".join(shown(records.name_of(index)) for index in nameless[:MAX_LISTED])
        message = f"expected a text in the column {column!r} for every record, {len(nameless):,} have none: {first}"
        raise DataError("data/split-column", message, key=key, hint="give a record that stands alone a text of its own")
    return np.array(texts, dtype=object)


def divide(records: Records, store: RecordStore, plan: SplitPlan, guide: Guide) -> dict[str, Indices]:
    """Positions of the records of each split, in rising order.

    Args:
        records: The source.
        store: Its packed store.
        plan: How to divide it.
        guide: What is known of that already.

    Raises:
        DataError: The file leaves records out, or there are fewer records than folds.
    """
    labels, usable = store["label"], store.good()
    if guide.sides is not None:
        if plan.file is not None and plan.limit is None:
            check_all_listed(records, guide.sides, usable, plan.file)
        listed = usable[guide.sides[usable] >= 0]
        there = [name for side, name in enumerate(SIDES) if name == "train" or (guide.sides[listed] == side).any()]
        used = listed[limit_balanced(labels[listed], plan.limit, plan.seed)]
        return {name: used[guide.sides[used] == SIDES.index(name)] for name in there}
    used = usable[limit_balanced(labels[usable], plan.limit, plan.seed)]
    groups = None if guide.groups is None else guide.groups[used]
    parts = _Parts(labels[used], store[CONTENT][used], plan, groups)
    fractions = {name: value for name, value in plan.fractions.items() if value and name not in guide.own}
    sides = parts.by_fractions(fractions)
    if plan.fold is not None:
        rest = sides["train"]
        sides.update({name: rest[side] for name, side in parts.only(rest).by_fold(plan.fold).items()})
    return {name: used[side] for name, side in sides.items()}


@dataclass(frozen=True)
class _Parts:
    """Records that are divided by the seed.

    Attributes:
        labels: Shape ``(n,)``.
        content: Content digests, shape ``(n, 2)``.
        plan: How to divide them.
        groups: The group of each; None for no groups.
    """

    labels: Indices
    content: npt.NDArray[np.uint64]
    plan: SplitPlan
    groups: npt.NDArray[np.object_] | None

    def only(self, positions: Indices) -> _Parts:
        """Some of the records."""
        groups = None if self.groups is None else self.groups[positions]
        return _Parts(self.labels[positions], self.content[positions], self.plan, groups)

    def by_fractions(self, fractions: Mapping[str, float]) -> dict[str, Indices]:
        """Positions of ``train`` and of each split that has a fraction."""
        if self.groups is None:
            return split_stratified(self._strata, self.content, fractions, self.plan.seed)
        shares = {"train": 1 - sum(fractions.values()), **fractions}
        return split_groups(self._units(self.groups), self._strata, shares, self.plan.seed)

    def by_fold(self, fold: tuple[int, int]) -> dict[str, Indices]:
        """Positions of ``train`` and ``val``.

        Raises:
            DataError: There are fewer units than folds.
        """
        number, total = fold
        what = "records" if self.groups is None else f"values of {self.plan.group!r}"
        units = first_of_equal(self.content) if self.groups is None else self._units(self.groups)
        num_units = len(np.unique(units))
        if num_units < total:
            message = f"expected at least {total:,} {what} that differ for {total:,} folds, received {num_units:,}"
            raise DataError("data/folds", message, key=("data", "split", "fold"))
        if self.groups is None:
            return fold_stratified(self._strata, self.content, fold, self.plan.seed)
        folds = split_groups(units, self._strata, {str(i): 1 / total for i in range(1, total + 1)}, self.plan.seed)
        val = folds[str(number)]
        return {"train": np.setdiff1d(np.arange(len(units)), val), "val": val}

    @property
    def _strata(self) -> Indices:
        return self.labels if self.plan.stratify else np.zeros_like(self.labels)

    def _units(self, groups: npt.NDArray[np.object_]) -> Indices:
        return joined(groups.tolist(), first_of_equal(self.content))
