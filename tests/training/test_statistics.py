"""Tests of what is known of the fields of a train split, and of values in any split that are not expected."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from shapenet.data.batches import Split
from shapenet.data.pack import open_packed
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.data.stream.store import StreamStore
from shapenet.training.statistics import RecordedStatistics, SplitStatistics, StandIns

NUM, NUM_TRAIN = 12, 8


@pytest.fixture(scope="module")
def records() -> ShapesRecords:
    """Squares, triangles and circles in turn, with masks of 0 to 3."""
    parameters = ShapesParameters(classes=("square", "triangle", "circle"), num_images=NUM, size=16)
    return ShapesRecords(parameters, ("image", "label", "mask"))


def statistics_of(records: ShapesRecords, store: object, order: np.ndarray) -> SplitStatistics:
    splits = {
        "train": Split(store, order[:NUM_TRAIN], order[:NUM_TRAIN] % 3),
        "val": Split(store, order[NUM_TRAIN:], order[NUM_TRAIN:] % 3),
    }

    def names(split: str) -> Iterator[str]:
        return (records.name_of(int(index)) for index in splits[split].indices)

    return SplitStatistics(splits, names)


def test_counts_are_those_of_the_train_split(records: ShapesRecords, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = open_packed(records, tmp_path_factory.mktemp("cache"))
    masks = np.asarray(records.read(0, NUM_TRAIN)["mask"])
    for source in (store, StreamStore(records)):
        statistics = statistics_of(records, source, np.arange(NUM))
        np.testing.assert_array_equal(statistics.counts("mask"), np.bincount(masks.reshape(-1)))
        assert statistics.known


def test_stray_values_of_any_split_come_with_their_record(
    records: ShapesRecords, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = open_packed(records, tmp_path_factory.mktemp("cache"))
    by_class = np.argsort(np.arange(NUM) % 3, kind="stable")  # circles are in val alone
    statistics = statistics_of(records, store, by_class)
    assert statistics.stray("mask", range(4)) is None
    assert statistics.stray("mask", (0, 1, 3)) == (2, records.name_of(1))
    assert statistics.stray("mask", (0, 1, 2)) == (3, records.name_of(2))
    streamed = statistics_of(records, StreamStore(records), by_class)
    assert streamed.stray("mask", (0, 1, 2)) is None
    assert streamed.stray("mask", (0, 1, 3)) == (2, records.name_of(1))


def test_of_what_is_recorded_and_of_stand_ins_nothing_is_looked_for(records: ShapesRecords) -> None:
    recorded, stand_ins = RecordedStatistics({}), StandIns(records.fields, 3)
    assert recorded.stray("mask", (0,)) is stand_ins.stray("mask", (0,)) is None
    assert recorded.known
    assert not stand_ins.known
    assert stand_ins.counts("mask").tolist() == [1, 1, 1, 1]
