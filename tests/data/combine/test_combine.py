"""Sources made of others: concat, zip, filter and take are views that lose nothing."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.combine.concat import concat
from shapenet.data.combine.filter import filter_
from shapenet.data.combine.gather import runs_of
from shapenet.data.combine.take import take
from shapenet.data.combine.zip import zip_
from shapenet.data.pack import open_packed
from shapenet.data.records import UnreadableError
from shapenet.errors import ConfigError, DataError, Place, Problem


class Spy:
    """Records that note what is read of them, and of which some can't be."""

    def __init__(self, records, damaged=()):
        self.records, self.damaged, self.reads = records, damaged, []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.records, name)

    def __len__(self):
        return len(self.records)

    def read(self, start, stop):
        self.reads.append((start, stop))
        if faults := {i: Problem("x/y", f"{i} is bad", Place("z")) for i in self.damaged if start <= i < stop}:
            raise UnreadableError(faults)
        return self.records.read(start, stop)


def column(records, **columns):
    records.columns = columns
    return records


def message_of(function, **arguments):
    with pytest.raises(DataError) as caught:
        function(**arguments)
    (problem,) = caught.value.problems
    return problem


@given(positions=st.lists(st.integers(0, 50), max_size=30))
def test_runs_make_up_the_positions(positions):
    runs = runs_of(np.array(positions, np.int64))
    assert [position for start, stop in runs for position in range(start, stop)] == positions
    assert all(first[1] != second[0] for first, second in pairwise(runs))


def test_concat_joins_records_and_classes_by_name(make):
    first, second = make(4), make(3)
    second.classes, second.arrays["label"] = ("dog", "eel"), np.array([0, 1, 0])
    second.warnings = ("odd",)
    joined = concat(sources=[first, second])
    assert (len(joined), joined.classes, joined.warnings) == (7, ("cat", "dog", "eel"), ("odd",))
    assert joined.label_of().tolist() == [0, 1, 0, 1, 1, 2, 1]
    assert [joined.name_of(index) for index in (0, 3, 4, 6)] == ["record 0", "record 3", "record 0", "record 2"]
    block = pickle.loads(pickle.dumps(joined)).read(2, 6)  # noqa: S301 our own bytes
    expected = np.concatenate([first.arrays["image"][2:], second.arrays["image"][:2]])
    np.testing.assert_array_equal(block["image"], expected)
    assert block["label"].tolist() == [0, 1, 1, 2]


def test_concat_keeps_the_columns_that_all_have(make):
    first = column(make(2), camera=["a", "b"], day=["1", "2"])
    assert concat(sources=[first, column(make(1), camera=["c"])]).columns == {"camera": ["a", "b", "c"]}


def test_concat_reads_each_source_once_and_tells_faults_in_its_own_positions(make):
    sources = [Spy(make(4), [3]), Spy(make(2)), Spy(make(4), [0, 2])]
    joined = concat(sources=sources)
    with pytest.raises(UnreadableError) as caught:
        joined.read(2, 9)
    assert {position: problem.message for position, problem in caught.value.faults.items()} == {
        3: "3 is bad", 6: "0 is bad", 8: "2 is bad",
    }  # fmt: skip
    assert [source.reads for source in sources] == [[(2, 4)], [(0, 2)], [(0, 3)]]


def test_concat_refuses_fields_that_differ(make):
    problem = message_of(concat, sources=[make(2), make(2, shape=(4, 5, 1))])
    assert "uint8 4 x 5 x 3, label int64 number; received image uint8 4 x 5 x 1" in problem.message
    assert problem.hint == "give all sources the same size and color"
    assert "mask" in message_of(concat, sources=[make(2), make(2, mask=np.zeros((2, 4, 5, 1), np.uint8))]).message


def test_concat_of_images_of_any_size(make):
    images = [np.full((3 + i, 4, 1), i, np.uint8) for i in range(3)]
    joined = concat(sources=[make(3, image=images), make(3, image=images)])
    assert [image.shape[0] for image in joined.read(1, 5)["image"]] == [4, 5, 3, 4]


def test_zip_puts_fields_side_by_side(make):
    first = column(make(4), camera=["a", "b", "c", "d"])
    second = make(4, mask=np.zeros((4, 4, 5, 1), np.uint8))
    second.arrays["image"] = second.arrays["image"] // 2
    both = zip_(source=first, beside={"clean": second})
    assert list(both.fields) == ["image", "label", "clean", "clean_label", "clean_mask"]
    assert (both.classes, both.columns, both.name_of(2)) == (first.classes, first.columns, "record 2")
    block = both.read(1, 3)
    np.testing.assert_array_equal(block["image"], first.arrays["image"][1:3])
    np.testing.assert_array_equal(block["clean"], second.arrays["image"][1:3])
    assert block["clean_label"].tolist() == [1, 0]


def test_zip_refuses_other_lengths_names_and_fields(make):
    problem = message_of(zip_, source=make(4), beside={"clean": make(3)})
    assert problem.message == "expected 4 records as in arrays, received 3"
    with_mask = make(2, mask=np.zeros((2, 4, 5, 1), np.uint8))
    assert "received mask again" in message_of(zip_, source=with_mask, beside={"mask": make(2)}).message
    for name in ("image", "content", "a/b", "1a"):
        with pytest.raises(ConfigError, match="a name of letters"):
            zip_(source=make(2), beside={name: make(2)})


def test_zip_warns_of_labels_that_differ(make):
    other = make(4, label=np.array([0, 1, 1, 1]))
    (warning,) = zip_(source=make(4), beside={"clean": other}).warnings
    assert "1 of 4 records side by side differ in label" in warning


def test_zip_tells_all_faults(make):
    both = zip_(source=Spy(make(6), [1, 4]), beside={"clean": Spy(make(6), [4, 5])})
    with pytest.raises(UnreadableError) as caught:
        both.read(1, 6)
    assert sorted(caught.value.faults) == [1, 4, 5]


def test_filter_by_class_drops_what_vanishes(make):
    source = make(6, label=np.array([2, 0, 1, 2, 1, 0]))
    source.classes = ("cat", "dog", "eel")
    kept = filter_(source=source, keep=["eel", "cat"])
    assert (kept.classes, kept.label_of().tolist()) == (("cat", "eel"), [1, 0, 1, 0])
    np.testing.assert_array_equal(kept.read(1, 4)["image"], source.arrays["image"][[1, 3, 5]])
    assert kept.read(1, 4)["label"].tolist() == [0, 1, 0]
    assert [kept.name_of(index) for index in range(4)] == ["record 0", "record 1", "record 3", "record 5"]
    dropped = filter_(source=source, drop=["dog"])
    assert (dropped.classes, dropped.label_of().tolist()) == (kept.classes, kept.label_of().tolist())


def test_filter_by_a_column(make):
    source = column(make(6), year=["7", "8", "7", "9", "9", "8"])
    kept = filter_(source=source, column="year", keep=[9, 7])
    assert kept.columns == {"year": ["7", "7", "9", "9"]}
    assert len(filter_(source=source, column="year", drop=["7"])) == 4


def test_filter_reads_in_few_ranges_and_tells_faults_in_its_own_positions(make):
    source = column(Spy(make(8), [3, 6]), kind=list("aabbbabb"))
    kept = filter_(source=source, column="kind", keep=["b"])
    with pytest.raises(UnreadableError) as caught:
        kept.read(0, 5)
    assert source.reads == [(2, 5), (6, 8)]
    assert {position: problem.message for position, problem in caught.value.faults.items()} == {
        1: "3 is bad", 3: "6 is bad",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"keep": ["cot"]}, "no record has cot in the column label", "did you mean cat?"),
        ({"keep": ["a"], "column": "colour"}, "expected the column colour, found label, color", "did you mean color?"),
        ({"drop": ["cat", "dog"]}, "leaves no record", None),
    ],
)
def test_filters_at_fault(make, arguments, message, hint):
    problem = message_of(filter_, source=column(make(4), color=["a"] * 4), **arguments)
    assert (message in problem.message, problem.hint) == (True, hint)


def test_there_is_no_filtering_by_labels_that_nothing_says(make):
    records = column(make(4, label=np.zeros(4, np.int64)), color=["a", "b"] * 2)
    records.classes = ()
    problem = message_of(filter_, source=records, keep=["cat"])
    assert (problem.message, problem.hint) == (
        "expected labels to filter by, found none", "filter by one of its columns: color",
    )  # fmt: skip
    kept = filter_(source=records, column="color", keep=["a"])
    assert (len(kept), kept.classes, kept.label_of().tolist()) == (2, (), [0, 0])


@pytest.mark.parametrize("arguments", [{}, {"keep": ["cat"], "drop": ["dog"]}])
def test_filter_needs_keep_or_drop(make, arguments):
    with pytest.raises(ConfigError, match="expected keep or drop"):
        filter_(source=make(4), **arguments)


def test_take_is_a_stretch_and_keeps_the_classes(make):
    source = Spy(make(10))
    part = take(source=source, count=3, skip=4)
    assert (len(part), part.classes, part.label_of().tolist()) == (3, ("cat", "dog"), [0, 1, 0])
    np.testing.assert_array_equal(part.read(1, 3)["image"], source.arrays["image"][5:7])
    assert source.reads == [(5, 7)]
    assert len(take(source=source, skip=4)) == 6
    assert take(source=source, count=1).classes == ("cat", "dog")


def test_take_tells_both_numbers_when_there_are_fewer(make):
    assert (
        "expected 8 records after the first 4, received 6" in message_of(take, source=make(10), count=8, skip=4).message
    )
    assert "received 0" in message_of(take, source=make(10), skip=20).message


def test_keys_differ_with_everything_that_matters(make):
    a, b = make(4), make(4)
    b.key = "other"
    made = [
        concat(sources=[a, b]), concat(sources=[b, a]),
        zip_(source=a, beside={"x": b}), zip_(source=a, beside={"y": b}), zip_(source=b, beside={"x": a}),
        take(source=a, count=2), take(source=a, count=2, skip=1), take(source=b, count=2),
        filter_(source=a, keep=["cat"]), filter_(source=a, keep=["dog"]),
    ]  # fmt: skip
    assert len({records.key for records in made}) == len(made)
    assert take(source=make(4), count=2).key == take(source=make(4), count=2).key


def test_views_of_views_pack(make, tmp_path):
    source = make(6)
    joined = concat(sources=[source, take(source=make(6), count=4, skip=1)])
    view = filter_(source=zip_(source=joined, beside={"clean": joined}), keep=["dog"])
    store = open_packed(pickle.loads(pickle.dumps(view)), tmp_path)  # noqa: S301 our own bytes
    np.testing.assert_array_equal(store["clean"], source.arrays["image"][[1, 3, 5, 1, 3]])
    assert store["label"][:].tolist() == [0] * 5


class Parts(Spy):
    """Records in parts."""

    def __init__(self, records, bounds):
        super().__init__(records)
        self.bounds = bounds


def test_parts_are_those_of_the_sources(make):
    first, second = Parts(make(6), [0, 4, 4, 6]), make(300)
    assert list(concat(sources=[first, second]).bounds) == [0, 4, 4, 6, 6 + 256, 306]
    assert list(take(source=first, count=3, skip=2).bounds) == [0, 2, 2, 3]
    assert list(filter_(source=first, keep=["cat"]).bounds) == [0, 2, 2, 3]
    assert list(zip_(source=first, beside={"clean": make(6)}).bounds) == [0, 4, 4, 6]
