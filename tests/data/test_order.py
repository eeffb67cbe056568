"""The order of an epoch depends on its seed and number, and on nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.order import epoch_order, oversampled_length, oversampled_order

SEEDS = st.integers(0, 2**32 - 1)
EPOCHS = st.integers(0, 10_000)


@given(st.integers(0, 500), SEEDS, EPOCHS)
def test_it_is_a_permutation_and_the_same_again(num_records, seed, epoch):
    order = epoch_order(num_records, seed, epoch)
    assert sorted(order) == list(range(num_records))
    np.testing.assert_array_equal(order, epoch_order(num_records, seed, epoch))


@given(SEEDS, EPOCHS)
def test_other_epochs_and_seeds_give_other_orders(seed, epoch):
    order = epoch_order(100, seed, epoch)
    assert (order != epoch_order(100, seed, epoch + 1)).any()
    assert (order != epoch_order(100, seed + 1, epoch)).any()


def test_it_is_what_it_was():
    assert list(epoch_order(8, 7, 0)) == GOLDEN


# A resumed run must meet the order that the interrupted one had.
GOLDEN = [7, 1, 3, 2, 6, 5, 0, 4]


LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=120).map(np.array)


@given(LABELS, st.integers(0, 2**32 - 1), st.integers(0, 1000))
def test_oversampling_shows_every_class_equally_often_and_every_record_fairly(labels, seed, epoch):
    order = oversampled_order(labels, seed, epoch)
    assert len(order) == oversampled_length(labels)
    most = np.bincount(labels).max()
    for label in np.unique(labels):
        times = np.bincount(order, minlength=len(labels))[labels == label]
        assert times.sum() == most
        assert times.max() - times.min() <= 1


def test_oversampling_depends_on_seed_and_epoch_alone():
    labels = np.repeat([0, 1], [50, 7])
    first, again, later, other = (oversampled_order(labels, *key).tolist() for key in ((1, 0), (1, 0), (1, 1), (2, 0)))
    assert first == again
    assert first not in (later, other)
