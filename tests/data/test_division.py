"""The division of a source by each form of a plan."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.data.dataset import assemble
from shapenet.data.division import SplitPlan
from shapenet.errors import DataError
from tests.data.conftest import NumberRecords


def plan(val=0.0, test=0.0, limit=None, seed=1, allow_overlap=False, **how):
    return SplitPlan({"val": val, "test": test}, limit, seed, allow_overlap, **how)


def records(values=range(100), labels=None, **columns):
    """Records named ``number N``, with columns computed from their numbers."""
    made = NumberRecords(values, labels)
    made.columns = {name: [str(text(value)) for value in values] for name, text in columns.items()}
    return made


def numbers(data):
    return {name: set(split.images(np.arange(len(split)))[:, 0, 0, 0].tolist()) for name, split in data.splits.items()}


def thirds(value):
    return ("train", "Validation", " test ")[value % 3]


def test_a_column_says_where_each_record_stands(pack):
    found = numbers(assemble({"train": records(split=thirds)}, pack, plan(column="split")))
    assert found == {name: set(range(side, 100, 3)) for side, name in enumerate(("train", "val", "test"))}


def test_a_side_that_the_column_does_not_name_is_not_there(pack):
    data = assemble({"train": records(side=lambda n: "val" if n < 10 else "train")}, pack, plan(column="side"))
    assert list(data.splits) == ["train", "val"]


def test_other_texts_in_the_column_are_refused_with_the_records(pack):
    source = records(side=lambda n: "dev" if n < 12 else "train")
    with pytest.raises(DataError, match=r"another text for 12 of 100 records\n  number 0: 'dev'\n") as caught:
        assemble({"train": source}, pack, plan(column="side"))
    assert caught.value.problems[0].message.endswith("\n  number 9: 'dev'\n  and 2 more")
    assert caught.value.problems[0].key == ("data", "split", "column")


@pytest.mark.parametrize("how", [{"column": "spilt"}, {"group": "spilt", "val": 0.1}])
def test_a_column_that_is_not_there_is_told_with_those_that_are(pack, how):
    with pytest.raises(DataError, match="expected a column 'spilt'; numbers has 'split', 'patient'") as caught:
        assemble({"train": records(split=thirds, patient=str)}, pack, plan(**how))
    assert caught.value.problems[0].hint == "did you mean split?"


def test_a_source_without_columns_says_so(pack):
    with pytest.raises(DataError, match="numbers has no columns"):
        assemble({"train": records()}, pack, plan(column="split"))


def test_faults_of_columns_are_told_before_anything_is_packed():
    with pytest.raises(DataError, match="expected a column"):
        assemble({"train": records()}, lambda _: pytest.fail("packed"), plan(column="split"))


def test_a_column_does_not_go_with_a_source_of_its_own_for_the_same_split(pack):
    sources = {"train": records(split=thirds), "test": records(range(200, 210))}
    with pytest.raises(DataError, match=r"has test records, but data.test names a source"):
        assemble(sources, pack, plan(column="split"))


@pytest.mark.parametrize("given", ["column", "file"])
def test_equal_images_in_given_splits_are_refused_unless_allowed(pack, tmp_path, given):
    values = [*range(20), 0, 2]
    source = NumberRecords(values)
    source.name_of = lambda index: f"record {index}"
    source.columns = {"split": ["train"] * 20 + ["val"] * 2}
    path = tmp_path / "split.csv"
    path.write_text("split,name\n" + "".join(f"{side},record {i}\n" for i, side in enumerate(source.columns["split"])))
    how = {"column": "split"} if given == "column" else {"file": path}
    with pytest.raises(DataError, match="2 images of val are in train too"):
        assemble({"train": source}, pack, plan(**how))
    data = assemble({"train": source}, pack, plan(allow_overlap=True, **how))
    assert data.warnings == ("numbers: 2 images repeat others", "2 images of val are in train too")


@pytest.mark.parametrize(
    "how",
    [
        {"val": 0.2, "test": 0.1},
        {"val": 0.2, "test": 0.1, "stratify": False},
        {"val": 0.2, "group": "patient"},
        {"fold": (2, 4), "test": 0.2},
        {"column": "split"},
    ],
)
def test_any_split_can_be_reused_by_its_table(pack, tmp_path, how):
    sources = {"train": records(split=thirds, patient=lambda n: n // 5)}
    data = assemble(sources, pack, plan(limit=80, **how))
    path = tmp_path / "split.csv"
    path.write_text(data.split_table())
    again = assemble(sources, pack, plan(limit=80, seed=99, file=path))
    assert numbers(again) == numbers(data)
    assert again.fingerprint == data.fingerprint


def test_what_a_file_lists_of_splits_with_sources_of_their_own_is_passed_over(pack, tmp_path):
    sources = {"train": records(range(50)), "test": records(range(100, 120))}
    data = assemble(sources, pack, plan(val=0.2))
    path = tmp_path / "split.csv"
    path.write_text(data.split_table())
    assert numbers(assemble(sources, pack, plan(file=path))) == numbers(data)


def test_names_of_any_bytes_and_with_line_breaks_are_found_again(pack, tmp_path):
    source = records(range(20))
    source.name_of = lambda index: f"a\udcff, \n'{index}\".png"
    data = assemble({"train": source}, pack, plan(val=0.3))
    path = tmp_path / "split.csv"
    path.write_bytes(data.split_table().encode(errors="surrogateescape"))
    assert numbers(assemble({"train": source}, pack, plan(file=path))) == numbers(data)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("train,number 0\nval,number 1\n", r"does not list 98 of the 100 records of numbers\n  number 2\n"),
        ("train,number 0\ntrain,who\n", r"received others in 1 of 2 rows\n  line 3: who"),
        ("train,number 0\nval,number 0\n", r"another in 1 of 2 rows\n  line 3: number 0 in val, but in train"),
        ("train,number 0\ndev,number 1\n", r"another text in 1 of 2 rows\n  line 3: 'dev'"),
    ],
)
def test_files_that_do_not_fit_are_refused_with_counts_and_names(pack, tmp_path, rows, message):
    path = tmp_path / "split.csv"
    path.write_text("split,name\n" + rows)
    with pytest.raises(DataError, match=message):
        assemble({"train": records()}, pack, plan(file=path))


def test_groups_stay_whole_even_where_their_images_repeat(pack):
    values = [*range(90), *range(0, 90, 9)]
    source = NumberRecords(values)
    source.columns = {"patient": [str(index % 30) for index in range(100)]}
    splits = assemble({"train": source}, pack, plan(val=0.3, test=0.2, group="patient")).splits
    for seen in ([source.columns["patient"][i] for i in s.indices] for s in splits.values()):
        others = [source.columns["patient"][i] for s in splits.values() for i in s.indices]
        assert all(others.count(patient) == seen.count(patient) for patient in seen)
    contents = [set(source.values[split.indices].tolist()) for split in splits.values()]
    assert sum(map(len, contents)) == 90


def test_a_record_without_a_group_is_refused(pack):
    with pytest.raises(DataError, match="'patient' for every record, 2 have none: number 0, number 1"):
        assemble({"train": records(patient=lambda n: n if n > 1 else " ")}, pack, plan(val=0.1, group="patient"))


@pytest.mark.parametrize("group", [None, "patient"])
def test_folds_cover_all_but_the_test_split_which_they_share(pack, group):
    sources = {"train": records(patient=lambda n: n // 4)}
    folds = [assemble(sources, pack, plan(test=0.2, fold=(i, 4), group=group)) for i in range(1, 5)]
    found = [numbers(data) for data in folds]
    assert len({frozenset(sides["test"]) for sides in found}) == 1
    held_out = [number for sides in found for number in sides["val"]]
    assert sorted(held_out) == sorted(set(range(100)) - found[0]["test"])
    for sides in found:
        assert sides["train"] == set(held_out) - sides["val"]
        assert len(sides["val"]) == 20


def test_folds_of_a_limited_source_are_of_the_same_records(pack):
    sources = {"train": records()}
    found = [numbers(assemble(sources, pack, plan(limit=30, fold=(i, 3)))) for i in range(1, 4)]
    assert len({frozenset(set.union(*sides.values())) for sides in found}) == 1
    assert sum(len(sides["val"]) for sides in found) == 30


@pytest.mark.parametrize(
    ("how", "message"),
    [({}, "at least 11 records that differ for 11 folds, received 10"),
     ({"group": "patient"}, "at least 11 values of 'patient' that differ for 11 folds, received 5")],
)  # fmt: skip
def test_more_folds_than_there_is_to_divide_are_refused(pack, how, message):
    with pytest.raises(DataError, match=message):
        assemble({"train": records(range(10), patient=lambda n: n // 2)}, pack, plan(fold=(1, 11), **how))


def test_a_split_that_is_not_stratified_looks_at_no_class(pack):
    sources = {"train": records(labels=[0] * 95 + [1] * 5)}
    shares = {np.bincount(assemble(sources, pack, plan(val=0.2, seed=seed, stratify=False)).splits["val"].labels,
                          minlength=2)[1] for seed in range(8)}  # fmt: skip
    assert len(shares) > 1
