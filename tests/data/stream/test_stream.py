"""Streaming: every record of the split once an epoch, mixed, as seed and epoch decide, and never all in memory."""

from __future__ import annotations

import os
import signal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.batches import Split
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.data.store import CONTENT
from shapenet.data.stream.batches import StreamedBatches, batches_of
from shapenet.data.stream.order import BLOCK_LENGTH, CYCLE_LENGTH, interleaved, window_order, windows
from shapenet.data.stream.store import StreamStore
from shapenet.errors import ConfigError, DataError, MachineError
from tests.data.conftest import NumberRecords, RampRecords


class PartedRecords(NumberRecords):
    """Numbers in parts of several lengths."""

    bounds = (0, 7, 60, 61, 150)


@given(lengths=st.lists(st.integers(0, 100), min_size=1, max_size=40), seed=st.none() | st.integers(0, 9))
def test_every_part_is_read_onward_once(lengths, seed):
    bounds = np.cumsum([0, *lengths]).tolist()
    runs = list(interleaved(bounds, seed, epoch=2))
    assert sorted(index for run in runs for index in run) == list(range(bounds[-1]))
    for start, stop in pairwise(bounds):
        own = [run.start for run in runs if start <= run.start < stop]
        assert own == sorted(own)
    assert all(len(run) <= BLOCK_LENGTH for run in runs)


@pytest.mark.parametrize("num_parts", [CYCLE_LENGTH - 1, CYCLE_LENGTH, CYCLE_LENGTH + 1, 3 * CYCLE_LENGTH])
def test_no_part_is_left_out(num_parts):
    runs = list(interleaved(range(num_parts + 1), seed=0, epoch=0))
    assert sorted(run.start for run in runs) == list(range(num_parts))


def test_parts_are_interleaved_and_epochs_differ():
    bounds = list(range(0, 100 * BLOCK_LENGTH * 3, BLOCK_LENGTH * 3))
    runs = list(interleaved(bounds, seed=1, epoch=0))
    first = [run.start // (BLOCK_LENGTH * 3) for run in runs[:CYCLE_LENGTH]]
    assert len(set(first)) == CYCLE_LENGTH
    assert first != sorted(first)
    assert runs != list(interleaved(bounds, seed=1, epoch=1))
    assert runs == list(interleaved(bounds, seed=1, epoch=0))


@given(used=st.lists(st.booleans(), min_size=1, max_size=300), size=st.integers(1, 50))
def test_windows_hold_what_is_used_in_order(used, size):
    found = list(windows(interleaved([0, len(used)], None, 0), np.array(used), size))
    assert np.concatenate([*found, []]).tolist() == np.flatnonzero(used).tolist()
    assert all(len(window) == size for window in found[:-1])


def test_the_order_of_a_window_is_a_function_of_seed_epoch_and_number():
    orders = [window_order(50, *key).tolist() for key in ((1, 0, 0), (1, 0, 1), (1, 1, 0), (2, 0, 0))]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert window_order(50, 1, 0, 1).tolist() == orders[1]


@pytest.fixture
def batches():
    """Batches of 8 of the odd numbers below 150, in windows of 24."""
    store = StreamStore(PartedRecords(range(150)))
    indices = np.arange(1, 150, 2)
    return StreamedBatches(Split(store, indices, store["label"][indices] + 10), 8, seed=3, window=20)


def test_an_epoch_gives_every_record_once_with_its_label(batches):
    assert len(batches) == 10
    for epoch in (0, 1):
        batches.epoch = epoch
        groups = list(batches.groups(2))
        numbers = np.concatenate([group["image"][..., 0, 0, 0].reshape(-1) for group in groups])
        np.testing.assert_array_equal(numbers, batches.split.indices[batches.positions()])
        assert sorted(numbers) == list(range(1, 150, 2))
        assert {int(label) for group in groups for label in group["label"].reshape(-1)} == {11}
        assert [group["label"].shape for group in groups] == [(2, 8), (1, 8)] * 3 + [(1, 3)]


def test_epochs_differ_and_repeat(batches):
    first = batches.positions()
    batches.epoch = 1
    assert batches.positions().tolist() != first.tolist()
    batches.epoch = 0
    assert batches.positions().tolist() == first.tolist()


def test_two_windows_are_held_and_no_more(batches, monkeypatch):
    submitted: list[int] = []
    received: list[int] = []
    submit, receive = batches._submit, batches._received
    monkeypatch.setattr(batches, "_submit", lambda indices: (submitted.append(len(indices)), submit(indices))[1])
    monkeypatch.setattr(batches, "_received", lambda *window: (received.append(len(window[0])), receive(*window))[1])
    for _ in batches.groups(1):
        assert len(submitted) - len(received) <= 1
        assert max(submitted) == 24
    assert submitted == received == [24, 24, 24, 3]


def test_without_a_seed_records_keep_their_order():
    store = StreamStore(ShapesRecords(ShapesParameters(classes=("square", "ring"), num_images=20, size=8)))
    batches = batches_of(Split(store, np.arange(20), store["label"]), 6)
    images = np.concatenate([group["image"].reshape(-1, 8, 8, 3) for group in batches.groups(2)])
    np.testing.assert_array_equal(images, store.records.read(0, 20)["image"])
    np.testing.assert_array_equal(store.take("image", np.array([3, 1])), images[[3, 1]])


def test_further_fields_are_streamed_with_their_records():
    fields = ("mask", "angle", "centre")
    parameters = ShapesParameters(classes=("square", "ring"), num_images=30, size=8)
    records = ShapesRecords(parameters, ("image", "label", *fields))
    store = StreamStore(records)
    split = Split(store, np.arange(1, 30, 2), store["label"][1::2])
    batches = batches_of(split, 4, seed=2, window=8, fields=("image", *fields))
    groups = list(batches.groups(2))
    assert {name for group in groups for name in group} == {"image", *fields}, "the label is not read for nothing"
    whole, places = records.read(0, 30), split.indices[batches.positions()]
    for name in ("image", *fields):
        values = np.concatenate([group[name].reshape(-1, *group[name].shape[2:]) for group in groups])
        assert values.dtype == records.fields[name].dtype
        np.testing.assert_array_equal(values, np.asarray(whole[name])[places])
    batches.close()


def test_records_are_told_apart_by_source_and_position():
    first, second = StreamStore(NumberRecords([1, 1])), StreamStore(NumberRecords([1, 2]))
    assert len(np.unique(np.concatenate([first[CONTENT], second[CONTENT]]), axis=0)) == 4
    with pytest.raises(KeyError):
        first["image"]


def test_what_can_not_be_read_is_told():
    store = StreamStore(NumberRecords(range(40), damaged=[17]))
    with pytest.raises(DataError, match="record 17 is damaged"):
        list(batches_of(Split(store, np.arange(40), store["label"]), 8).groups(1))


def test_sizes_that_vary_are_refused():
    with pytest.raises(ConfigError, match="images of one size"):
        StreamStore(RampRecords([(1, 2), (2, 1)]))


def test_readers_outlast_the_signals_of_the_terminal(batches):
    groups = batches.groups(1)
    next(groups)
    for reader in batches._readers:
        for process in reader._processes:
            os.kill(process, signal.SIGINT)
            os.kill(process, signal.SIGTERM)
    assert sum(group["label"].size for group in groups) == 75 - 8


def test_a_reader_that_was_killed_is_told(batches):
    groups = batches.groups(1)
    next(groups)
    for reader in batches._readers:
        for process in reader._processes.values():
            process.kill()
            process.join()
    with pytest.raises(MachineError, match="a worker process was killed") as caught:
        list(groups)
    assert batches.fault is caught.value


def test_closing_ends_the_readers(batches):
    next(batches.groups(1))
    processes = [process for reader in batches._readers for process in reader._processes.values()]
    batches.close()
    assert processes
    assert not any(process.is_alive() for process in processes)
