"""Datasets: sources that fit each other, divided, and checked for shared images."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.data.dataset import assemble
from shapenet.data.division import SplitPlan
from shapenet.errors import DataError
from shapenet.fields import Field
from tests.data.conftest import NumberRecords


def plan(val=0.2, test=0.2, limit=None, seed=1, allow_overlap=False):
    return SplitPlan({"val": val, "test": test}, limit, seed, allow_overlap)


def numbers_in(split):
    return set(split.images(np.arange(len(split)))[:, 0, 0, 0].tolist())


def test_one_source_is_divided(pack):
    data = assemble({"train": NumberRecords(range(100))}, pack, plan())
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 60, "val": 20, "test": 20}
    assert set.union(*(numbers_in(split) for split in data.splits.values())) == set(range(100))
    assert data.warnings == ()


def test_a_fraction_of_0_makes_no_split(pack):
    assert list(assemble({"train": NumberRecords(range(10))}, pack, plan(val=0.0)).splits) == ["train", "test"]


def test_a_source_of_its_own_replaces_the_fraction(pack):
    sources = {"train": NumberRecords(range(50)), "test": NumberRecords(range(100, 130))}
    data = assemble(sources, pack, plan())
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 40, "val": 10, "test": 30}
    assert numbers_in(data.splits["test"]) == set(range(100, 130))
    assert next(data.names("test")) == "number 100"


def test_labels_follow_the_first_sources_classes(pack):
    other = NumberRecords([101, 102], labels=[0, 1], classes=("odd", "even"))
    split = assemble({"train": NumberRecords(range(50)), "test": other}, pack, plan()).splits["test"]
    np.testing.assert_array_equal(split.labels, [1, 0])


def test_a_limit_holds_for_all_splits_together(pack):
    data = assemble({"train": NumberRecords(range(100))}, pack, plan(limit=20))
    assert sum(len(split) for split in data.splits.values()) == 20


def test_the_table_lists_every_record(pack):
    data = assemble({"train": NumberRecords(range(10))}, pack, plan())
    lines = data.split_table().splitlines()
    assert lines[0] == "split,name,label"
    assert {line.split(",", 1)[1] for line in lines[1:]} == {f"number {n},{('even', 'odd')[n % 2]}" for n in range(10)}


def test_the_fingerprint_changes_with_the_split(pack):
    sources = {"train": NumberRecords(range(100))}
    one, same, other = (assemble(sources, pack, plan(seed=seed)).fingerprint for seed in (1, 1, 2))
    assert one == same != other


def test_copies_stay_together_and_are_told(pack):
    data = assemble({"train": NumberRecords([*range(50), *range(0, 50, 2)])}, pack, plan())
    sides = [numbers_in(split) for split in data.splits.values()]
    assert sum(map(len, sides)) == 50
    assert data.warnings == ("numbers: 25 images repeat others; equal images stay on one side of the split",)


def test_images_in_two_sources_are_refused_unless_allowed(pack):
    sources = {"train": NumberRecords(range(20)), "test": NumberRecords(range(10, 30))}
    with pytest.raises(DataError, match="images of test are in train too") as caught:
        assemble(sources, pack, plan())
    assert "data.allow_overlap: true" in caught.value.problems[0].hint
    data = assemble(sources, pack, plan(allow_overlap=True))
    assert len(data.splits["test"]) == 20
    assert any("images of test are in train too" in warning for warning in data.warnings)


def never(records):
    raise AssertionError("sources are compared before one of them is packed")


def test_unknown_labels_are_refused_with_the_classes_before_packing():
    other = NumberRecords([101, 102], labels=[0, 1], classes=("even", "uneven"))
    with pytest.raises(DataError, match="labels that numbers has not: uneven") as caught:
        assemble({"train": NumberRecords(range(20)), "test": other}, never, plan())
    assert "even, odd" in caught.value.problems[0].hint


def test_images_of_another_shape_are_refused_with_both_before_packing():
    class Wide(NumberRecords):
        def __init__(self, values):
            super().__init__(values)
            self.fields = {**self.fields, "image": Field("uint8", (2, 3, 1))}

    with pytest.raises(DataError, match=r"images of \(2, 3, 1\) uint8, numbers of \(2, 2, 1\) uint8"):
        assemble({"train": NumberRecords(range(20)), "val": Wide([100, 101])}, never, plan())


def test_an_empty_split_is_refused(pack):
    with pytest.raises(DataError, match="the val split is empty"):
        assemble({"train": NumberRecords(range(4))}, pack, plan(val=0.1))
