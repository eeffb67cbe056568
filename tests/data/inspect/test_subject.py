"""What is looked at has names for everything."""

import pytest

from shapenet.data.dataset import SplitPlan, assemble
from shapenet.data.inspect.subject import ALL, divided, whole
from shapenet.data.pack import open_packed
from shapenet.errors import DataError
from tests.data.inspect.conftest import ImageRecords


def test_a_whole_source_is_one_split(noise, tmp_path):
    records = ImageRecords(noise)
    subject = whole(records, open_packed(records, tmp_path))
    assert (subject.is_divided, list(subject.splits), subject.num_records) == (False, [ALL], 200)
    assert subject.name(ALL, 7) == "7.png"
    assert subject.image.shape == (12, 12, 1)


def test_a_divided_one_knows_its_splits_and_stores(noise, tmp_path):
    sources = {"train": ImageRecords(noise[:150], [0, 1] * 75), "test": ImageRecords(noise[150:], [0, 1] * 25)}
    sources["train"].warnings = sources["test"].warnings = ("odd",)
    plan = SplitPlan({"val": 0.2, "test": 0.2}, None, 0, False)
    dataset = assemble(sources, lambda records: open_packed(records, tmp_path), plan)
    subject = divided(dataset, "x.yaml")
    assert {name: len(split) for name, split in subject.splits.items()} == {"train": 120, "val": 30, "test": 50}
    assert (subject.is_divided, len(subject.stores), subject.warnings) == (True, 2, ("odd",))
    assert subject.name("val", 3) == f"{subject.splits['val'].indices[3]}.png"
    assert subject.split("val") is subject.splits["val"]


def test_a_split_that_is_not_there(noise, tmp_path):
    records = ImageRecords(noise)
    with pytest.raises(DataError, match="pictures has no val split; it has all"):
        whole(records, open_packed(records, tmp_path)).split("val")


def test_what_can_not_be_read_is_in_no_split(noise, tmp_path):
    records = ImageRecords(noise, damaged=[7])
    subject = whole(records, open_packed(records, tmp_path, max_bad_fraction=0.1))
    assert (len(subject.splits[ALL]), subject.num_records) == (199, 200)
    assert subject.faults == ("pictures:7: picture 7 is damaged",)
    assert subject.name(ALL, 7) == "8.png"
