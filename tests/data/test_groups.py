"""Groups: whole on one side, joined where they share content, and near the fractions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.groups import joined, split_groups

SEEDS = st.integers(0, 2**32 - 1)
GROUPED = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=150)
SHARES = st.sampled_from(
    [{"train": 0.8, "val": 0.1, "test": 0.1}, {"train": 0.5, "val": 0.5}, {"1": 0.25, "2": 0.25, "3": 0.25, "4": 0.25}]
)


def units_and_labels(records):
    _, units = np.unique([group for group, _ in records], return_inverse=True)
    return units, np.array([label for _, label in records])


@given(GROUPED, SHARES, SEEDS)
def test_every_record_stands_on_one_side_with_its_whole_group(records, shares, seed):
    units, labels = units_and_labels(records)
    sides = split_groups(units, labels, shares, seed)
    assert list(sides) == list(shares)
    assert sorted(np.concatenate(list(sides.values()))) == list(range(len(records)))
    assert sum(len(np.unique(units[side])) for side in sides.values()) == len(np.unique(units))


@given(GROUPED, SHARES, SEEDS)
def test_no_side_is_empty_where_there_are_groups_enough(records, shares, seed):
    units, labels = units_and_labels(records)
    sides = split_groups(units, labels, shares, seed)
    empty = sum(len(side) == 0 for side in sides.values())
    assert empty == max(0, len(shares) - len(np.unique(units)))


@given(GROUPED, SHARES, SEEDS)
def test_the_seed_alone_decides(records, shares, seed):
    first, again = (split_groups(*units_and_labels(records), shares, seed) for _ in range(2))
    for name in shares:
        np.testing.assert_array_equal(first[name], again[name])


def test_another_seed_gives_another_split():
    units = np.repeat(np.arange(40), np.arange(40) + 1)
    labels = np.arange(len(units)) % 2
    first, other = (split_groups(units, labels, {"train": 0.5, "val": 0.5}, seed)["val"] for seed in (1, 2))
    assert set(first) != set(other)


@given(SEEDS)
def test_sizes_and_classes_come_near_their_shares(seed):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 12, 200)
    units = np.repeat(np.arange(200), sizes)
    labels = np.where(generator.random(len(units)) < 0.2, 1, 0)
    shares = {"train": 0.7, "val": 0.2, "test": 0.1}
    for name, side in split_groups(units, labels, shares, seed).items():
        assert abs(len(side) - shares[name] * len(units)) <= 6  # half of the largest group
        assert abs(labels[side].sum() - shares[name] * labels.sum()) <= 12


def test_equal_groups_of_one_class_each_meet_the_fractions_to_the_record():
    units = np.repeat(np.arange(100), 5)
    sides = split_groups(units, units % 2, {"train": 0.8, "val": 0.1, "test": 0.1}, seed=3)
    counts = {name: np.bincount((units % 2)[side]).tolist() for name, side in sides.items()}
    assert counts == {"train": [200, 200], "val": [25, 25], "test": [25, 25]}


@pytest.mark.parametrize(
    ("groups", "leaders", "expected"),
    [
        ("aabb", [0, 1, 2, 3], [0, 0, 1, 1]),
        ("aabbc", [0, 1, 0, 3, 4], [0, 0, 0, 0, 1]),
        ("abbcd", [0, 0, 2, 2, 4], [0, 0, 0, 0, 1]),
    ],
)
def test_groups_that_share_content_are_one(groups, leaders, expected):
    assert joined(list(groups), np.array(leaders)).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60))
def test_units_are_the_finest_that_part_neither_groups_nor_contents(records):
    groups = [str(group) for group, _ in records]
    contents = [content for _, content in records]
    units = joined(groups, np.array([contents.index(content) for content in contents]))
    reached = {0}
    while True:
        near = {i for i, record in enumerate(records) for j in reached
                if record[0] == records[j][0] or record[1] == records[j][1]}  # fmt: skip
        if near == reached:
            break
        reached = near
    assert {index for index in range(len(records)) if units[index] == units[0]} == reached
