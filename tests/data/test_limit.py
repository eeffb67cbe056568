"""Epochs that end early."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.data.batches import Batches, Split
from shapenet.data.pack import open_packed
from tests.data.conftest import NumberRecords


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """The numbers 0 to 19."""
    store = open_packed(NumberRecords(range(20)), tmp_path_factory.mktemp("cache"))
    return Split(store, np.arange(20), np.arange(20))


@pytest.mark.parametrize("batches_per_group", [1, 2, 3, 8])
def test_an_epoch_has_the_first_batches_of_the_whole_one(split: Split, batches_per_group: int) -> None:
    whole, short = Batches(split, 3, seed=1), Batches(split, 3, seed=1, most=4)
    for epoch in (0, 1):
        whole.epoch = short.epoch = epoch
        ours = np.concatenate([group["label"].reshape(-1) for group in short.groups(batches_per_group)])
        theirs = np.concatenate([group["label"].reshape(-1) for group in whole.groups(1)])[:12]
        np.testing.assert_array_equal(ours, theirs)
    assert (len(short), short.num_records, short.batch_size) == (4, 12, 3)
    np.testing.assert_array_equal(short.positions(), whole.positions()[:12])


def test_a_limit_beyond_the_end_changes_nothing(split: Split) -> None:
    whole, limited = Batches(split, 3), Batches(split, 3, most=8)
    assert (len(limited), limited.num_records) == (len(whole), whole.num_records) == (7, 20)
    np.testing.assert_array_equal(limited.positions(), whole.positions())
