"""The split: stratified, seeded, disjoint by content, complete."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.split import check_split, fold_stratified, limit_balanced, split_stratified
from shapenet.errors import DataError

SEEDS = st.integers(0, 2**32 - 1)
LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=200).map(np.array)
FRACTIONS = st.fixed_dictionaries({"val": st.floats(0, 0.5), "test": st.floats(0, 0.49)})


def distinct(num_records):
    return np.stack([np.arange(num_records), np.zeros(num_records)], axis=1).astype(np.uint64)


@given(LABELS, FRACTIONS, SEEDS, st.data())
def test_every_record_stands_in_one_split_and_equal_ones_in_the_same(labels, fractions, seed, data):
    content = distinct(len(labels))
    copies = data.draw(st.lists(st.integers(0, len(labels) - 1), max_size=len(labels)))
    content[: len(copies)] = content[copies]
    sides = split_stratified(labels, content, fractions, seed)
    assert list(sides) == ["train", *fractions]
    assert sorted(np.concatenate(list(sides.values()))) == list(range(len(labels)))
    found = [{tuple(row) for row in content[side]} for side in sides.values()]
    assert not found[0] & found[1] | found[0] & found[2] | found[1] & found[2]


@given(LABELS, FRACTIONS, SEEDS)
def test_every_class_keeps_its_share(labels, fractions, seed):
    sides = split_stratified(labels, distinct(len(labels)), fractions, seed)
    for label in np.unique(labels):
        total = np.sum(labels == label)
        for name, fraction in fractions.items():
            assert abs(np.sum(labels[sides[name]] == label) - fraction * total) <= 0.5 + 1e-9


@given(LABELS, FRACTIONS, SEEDS)
def test_the_seed_alone_decides(labels, fractions, seed):
    first, again = (split_stratified(labels, distinct(len(labels)), fractions, seed) for _ in range(2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])


def test_another_seed_gives_another_split():
    labels = np.zeros(100, int)
    first, other = (split_stratified(labels, distinct(100), {"val": 0.5}, seed)["val"] for seed in (1, 2))
    assert set(first) != set(other)


@given(LABELS, st.integers(1, 250), SEEDS)
def test_a_limit_takes_as_equally_many_of_each_class_as_there_are(labels, limit, seed):
    chosen = limit_balanced(labels, limit, seed)
    assert len(chosen) == min(limit, len(labels))
    assert list(chosen) == sorted(set(chosen))
    taken, there = np.bincount(labels[chosen], minlength=5), np.bincount(labels, minlength=5)
    most = taken.max()
    assert all(count >= most - 1 or count == total for count, total in zip(taken, there, strict=True))


def test_no_limit_takes_all():
    np.testing.assert_array_equal(limit_balanced(np.array([1, 0, 1]), None, 0), [0, 1, 2])


def test_an_empty_split_is_refused():
    with pytest.raises(DataError, match="the val split is empty"):
        check_split("val", np.array([], np.int64), ("a", "b"))


def test_a_training_split_of_one_class_is_refused_with_the_counts():
    with pytest.raises(DataError, match=r"at least two classes in the train split, received a: 0, b: 2"):
        check_split("train", np.array([1, 1]), ("a", "b"))
    check_split("val", np.array([1, 1]), ("a", "b"))


FOLDS = st.integers(2, 7)


def all_folds(labels, content, total, seed):
    return [fold_stratified(labels, content, (number, total), seed) for number in range(1, total + 1)]


@given(LABELS, FOLDS, SEEDS, st.data())
def test_folds_do_not_overlap_and_cover_everything(labels, total, seed, data):
    content = distinct(len(labels))
    copies = data.draw(st.lists(st.integers(0, len(labels) - 1), max_size=len(labels)))
    content[: len(copies)] = content[copies]
    folds = all_folds(labels, content, total, seed)
    assert sorted(np.concatenate([fold["val"] for fold in folds])) == list(range(len(labels)))
    for fold in folds:
        assert sorted(np.concatenate([fold["train"], fold["val"]])) == list(range(len(labels)))
        assert not {tuple(row) for row in content[fold["train"]]} & {tuple(row) for row in content[fold["val"]]}


@given(LABELS, FOLDS, SEEDS)
def test_folds_differ_by_at_most_one_in_each_class_and_in_all(labels, total, seed):
    held_out = [labels[fold["val"]] for fold in all_folds(labels, distinct(len(labels)), total, seed)]
    for counts in (*np.transpose([np.bincount(fold, minlength=5) for fold in held_out]), list(map(len, held_out))):
        assert max(counts) - min(counts) <= 1


def test_the_seed_decides_the_folds():
    labels, content = np.zeros(100, int), distinct(100)
    first, again, other = (fold_stratified(labels, content, (1, 2), seed)["val"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)
