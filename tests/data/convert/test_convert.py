"""Converting records: any form reads back the same, and nothing half-made is left."""

from __future__ import annotations

import csv as csv_module
import json

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.data.convert.convert import MARKER, convert
from shapenet.data.convert.plan import Plan, shards_of
from shapenet.data.records import UnreadableError
from shapenet.errors import ConfigError, DataError, Place, Problem
from shapenet.fields import Field
from shapenet.vocabulary import load_vocabulary


@pytest.fixture(autouse=True)
def _vocabulary():
    load_vocabulary()


def read_back(converted, **more):
    return parse_component("source", {converted.source: {**converted.arguments, **more}}).create()


def content(records):
    """Every record as text, in an order that does not depend on the form."""
    block = records.read(0, len(records))
    labels = [records.classes[label] for label in records.label_of()]
    assert block["label"].tolist() == records.label_of().tolist()
    return sorted(
        (label, image.dtype.name, image.tobytes()) for label, image in zip(labels, block["image"], strict=True)
    )


@pytest.mark.parametrize(
    ("num", "dtype", "channels"),
    [
        (30, "uint8", 1), (30, "uint8", 3), (30, "uint16", 1), (30, "uint16", 3),
        (1100, "uint8", 3),  # through several processes
    ],
)  # fmt: skip
def test_round_trip_through_all_forms(make, tmp_path, num, dtype, channels):
    records = make(num, dtype, (4, 5, channels))
    plans = [
        Plan("csv"), Plan("tfrecord", num_shards=3, compression="gzip"), Plan("npz", compression="gzip"),
        Plan("folder"), Plan("tfrecord"), Plan("npz"), Plan("csv"),
    ]  # fmt: skip
    source = records
    for number, plan in enumerate(plans):
        out = tmp_path / f"{number}{'.npz' if plan.to == 'npz' else ''}"
        source = read_back(convert(source, out, plan))
        assert (source.classes, source.fields["image"]) == (records.classes, records.fields["image"])
        if number < 3:  # a folder sorts by class
            np.testing.assert_array_equal(source.read(0, num)["image"], records.arrays["image"])
            assert source.label_of().tolist() == records.label_of().tolist()
        assert content(source) == content(records)
    assert not list(tmp_path.glob(".tmp-*"))


def test_classes_keep_their_order_and_unused_ones_in_npz(make, tmp_path):
    records = make(6, label=np.array([2, 0, 2, 0, 2, 0]))
    records.classes = ("zebra", "bee", "ant")
    assert read_back(convert(records, tmp_path / "a.npz", Plan("npz"))).classes == ("zebra", "bee", "ant")
    assert read_back(convert(records, tmp_path / "t", Plan("tfrecord"))).classes == ("zebra", "ant")
    assert read_back(convert(records, tmp_path / "c", Plan("csv"))).classes == ("ant", "zebra")


@pytest.fixture
def rich(make):
    """Records with a mask, a clean image, numbers, a vector and columns."""
    random = np.random.default_rng(0)
    records = make(
        5,
        mask=random.integers(0, 9, (5, 4, 5, 1), np.uint8),
        clean=random.integers(0, 256, (5, 4, 5, 3), np.uint8),
        area=random.random(5, np.float32),
        box=random.random((5, 4), np.float32),
    )
    records.columns = {"camera": ["a", "b,c", "", "ü", '"'], "file": ["x"] * 5, "label": ["y"] * 5}
    return records


@pytest.mark.parametrize(
    ("to", "left_out"), [("csv", ("box",)), ("folder", ("mask", "clean", "area", "box")), ("tfrecord", ()), ("npz", ())]
)
def test_further_fields_are_kept_or_named(rich, tmp_path, to, left_out):
    converted = convert(rich, tmp_path / "out.npz", Plan(to))
    assert converted.left_out == left_out
    assert converted.arguments.get("masks") == (["mask"] if to in ("csv", "tfrecord") else None)
    source = read_back(converted)
    block = source.read(0, 5)
    assert {name: field for name, field in rich.fields.items() if name not in left_out} == dict(source.fields)
    if to != "folder":
        for name in source.fields:
            np.testing.assert_array_equal(block[name], rich.arrays[name])


def test_a_csv_has_names_columns_and_paths(rich, tmp_path):
    converted = convert(rich, tmp_path / "out", Plan("csv"))
    with open(converted.arguments["path"], encoding="utf-8", newline="") as file:  # noqa: PTH123 it is a text
        rows = list(csv_module.DictReader(file))
    assert list(rows[1]) == ["name", "path", "label", "mask", "clean", "area", "camera"]
    assert {name: rows[1][name] for name in ("name", "path", "label", "mask", "clean", "camera")} == {
        "name": "record 1", "path": "images/000001.png", "label": "dog", "mask": "mask/000001.png",
        "clean": "clean/000001.png", "camera": "b,c",
    }  # fmt: skip
    assert np.float32(rows[1]["area"]) == rich.arrays["area"][1]
    assert read_back(converted).columns["camera"] == rich.columns["camera"]


def test_the_folder_says_what_it_was_made_from(make, tmp_path):
    convert(make(4), tmp_path / "out", Plan("folder"))
    told = json.loads((tmp_path / "out" / MARKER).read_text())
    assert (told["source"], told["num_records"], told["classes"]) == ("arrays", 4, ["cat", "dog"])


def test_floating_point_goes_to_tfrecord_and_npz_only(make, tmp_path):
    records = make(4, "float32")
    for to in ("csv", "folder"):
        with pytest.raises(DataError, match="expected uint8 or uint16 images") as caught:
            convert(records, tmp_path / "out", Plan(to))
        assert caught.value.problems[0].hint.startswith("other images go to tfrecord or npz only")
    for to in ("tfrecord", "npz"):
        source = read_back(convert(records, tmp_path / f"{to}.npz", Plan(to)))
        np.testing.assert_array_equal(source.read(0, 4)["image"], records.arrays["image"])


def test_images_of_any_size(make, tmp_path):
    records = make(3, image=[np.full((3 + i, 4, 1), i, np.uint8) for i in range(3)])
    for to in ("csv", "folder", "tfrecord"):
        converted = convert(records, tmp_path / to, Plan(to))
        assert converted.arguments["size"] == "any"
        assert content(read_back(converted)) == content(records)
    with pytest.raises(DataError, match="expected one shape for all records, received image"):
        convert(records, tmp_path / "a.npz", Plan("npz"))


@pytest.mark.parametrize("name", ["../up", "a/b", "..", ".hidden", "", " x", "tab\t", "con:", "x" * 300])
def test_classes_that_cant_be_folders(make, tmp_path, name):
    records = make(4)
    records.classes = ("cat", name)
    with pytest.raises(DataError, match="names of folders"):
        convert(records, tmp_path / "in" / "out", Plan("folder"))
    assert not list(tmp_path.iterdir())


def test_classes_that_differ_in_case_cant_be_folders(make, tmp_path):
    records = make(4)
    records.classes = ("cat", "Cat")
    with pytest.raises(DataError, match="differ in case only"):
        convert(records, tmp_path / "out", Plan("folder"))


@pytest.mark.parametrize("name", ["", " cat", "NaN"])
def test_classes_that_a_csv_would_not_give_back(make, tmp_path, name):
    records = make(4)
    records.classes = ("dog", name)
    with pytest.raises(DataError, match="surrounding spaces"):
        convert(records, tmp_path / "out", Plan("csv"))


@pytest.mark.parametrize("to", ["csv", "folder", "tfrecord", "npz"])
def test_an_output_that_exists_gives_way_only_if_it_may(make, tmp_path, to):
    out = tmp_path / "out.npz"
    convert(make(4), out, Plan(to))
    with pytest.raises(ConfigError, match=r"exists|made the folder already"):
        convert(make(6), out, Plan(to))
    assert len(read_back(convert(make(6), out, Plan(to, replace=True)))) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_a_strangers_folder_never_gives_way(make, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConfigError, match="did not make it"):
        convert(make(4), tmp_path, Plan("csv", replace=True))
    with pytest.raises(ConfigError, match="a file or a link"):
        convert(make(4), tmp_path / "mine", Plan("csv", replace=True))
    with pytest.raises(ConfigError, match="received a folder"):
        convert(make(4), tmp_path, Plan("npz", replace=True))
    with pytest.raises(ConfigError, match=r"ends in \.npz"):
        convert(make(4), tmp_path / "x", Plan("npz"))
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("to", ["csv", "folder", "tfrecord", "npz"])
def test_all_that_cant_be_read_is_told_and_the_old_output_stays(make, tmp_path, to):
    out = tmp_path / "out.npz"
    old = convert(make(4), out, Plan(to))
    records = make(200)
    good = records.read

    def read(start, stop):
        faults = {i: Problem("x/y", f"{i} is bad", Place("z")) for i in range(start, stop) if i % 10 == 0}
        if faults:
            raise UnreadableError(faults)
        return good(start, stop)

    records.read = read
    with pytest.raises(DataError) as caught:
        convert(records, out, Plan(to, replace=True))
    (problem,) = caught.value.problems
    lines = [line.strip() for line in problem.message.splitlines()]
    assert lines[0] == "20 of 200 records can't be read"
    assert lines[1:] == [*(f"z: {i} is bad" for i in range(0, 100, 10)), "and 10 more"]
    assert len(read_back(old)) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


@pytest.mark.parametrize(
    "plan", [Plan("csv", num_shards=2), Plan("npz", num_shards=2), Plan("folder", compression="gzip")]
)
def test_options_that_the_form_has_no_use_for(make, tmp_path, plan):
    with pytest.raises(ConfigError, match=r"--shards is for|--compression is for"):
        convert(make(4), tmp_path / "out.npz", plan)


def test_the_number_of_shards_follows_the_size(make):
    records = make(10, shape=(1024, 1024, 3))
    assert shards_of(records) == 1  # 30 MiB
    records.arrays["label"] = np.zeros(100, np.int64)
    assert shards_of(records) == 3  # 300 MiB


def test_progress_counts_every_record(make, tmp_path):
    for plan in (Plan("csv"), Plan("tfrecord", num_shards=2), Plan("npz")):
        counts: list[int] = []
        convert(make(150), tmp_path / f"{plan.to}.npz", plan, counts.append)
        assert sum(counts) == 150


def test_equal_records_give_an_equal_npz(make, tmp_path):
    for name in "ab":
        convert(make(20), tmp_path / f"{name}.npz", Plan("npz", compression="gzip"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_numpy_reads_the_npz(rich, tmp_path, compression):
    convert(rich, tmp_path / "a.npz", Plan("npz", compression=compression))
    with np.load(tmp_path / "a.npz", allow_pickle=False) as loaded:
        assert sorted(loaded.files) == ["area", "box", "camera", "classes", "clean", "images", "labels", "mask"]
        np.testing.assert_array_equal(loaded["images"], rich.arrays["image"])
        assert loaded["classes"].tolist() == ["cat", "dog"]


@pytest.mark.parametrize("name", ["images", "labels", "classes", "../up", "a/b"])
def test_names_that_no_array_can_bear(make, tmp_path, name):
    records = make(4)
    records.columns = {name: list("abcd")}
    with pytest.raises(DataError, match="no further array can be called"):
        convert(records, tmp_path / "in" / "a.npz", Plan("npz"))
    records = make(4)
    records.fields[name] = Field("float32", ())
    with pytest.raises(DataError, match="no further array can be called"):
        convert(records, tmp_path / "in" / "a.npz", Plan("npz"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["images", "dataset.csv", "../up", "a/b"])
def test_names_that_no_folder_of_pictures_can_bear(make, tmp_path, name):
    records = make(4, **{name: np.zeros((4, 4, 5, 1), np.uint8)})
    with pytest.raises(DataError, match="in a folder of its name"):
        convert(records, tmp_path / "in" / "out", Plan("csv"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("to", ["tfrecord", "npz"])
def test_columns_are_kept(rich, tmp_path, to):
    converted = convert(rich, tmp_path / "a.npz", Plan(to))
    assert converted.arguments["columns"] == ["camera"]
    assert read_back(converted).columns == {"camera": rich.columns["camera"]}


@pytest.mark.parametrize("to", ["csv", "tfrecord", "npz"])
def test_columns_of_any_length_are_read_back_and_a_nameless_one_is_left_out(make, tmp_path, to):
    records = make(4)
    records.columns = {"": list("0123"), "note": ["x" * 5000, "", "ü", "z"]}
    converted = convert(records, tmp_path / f"out{'.npz' if to == 'npz' else ''}", Plan(to))
    columns = read_back(converted).columns
    assert columns["note"] == records.columns["note"]
    assert "" not in columns


def test_further_images_of_another_size_go_to_no_csv(make, tmp_path):
    records = make(4, clean=np.zeros((4, 8, 10, 3), np.uint8))
    with pytest.raises(DataError, match="further images of the image's size, received clean of another"):
        convert(records, tmp_path / "out", Plan("csv"))
    assert read_back(convert(records, tmp_path / "out", Plan("tfrecord"))).fields["clean"] == records.fields["clean"]


@pytest.mark.parametrize("name", ["name", "path"])
@pytest.mark.parametrize("values", [np.zeros((4, 4, 5, 3), np.uint8), np.zeros(4, np.float32)])
def test_fields_called_like_a_column_of_the_csv_go_to_no_csv(make, tmp_path, name, values):
    with pytest.raises(DataError, match=f"called neither name nor path, received {name}"):
        convert(make(4, **{name: values}), tmp_path / "out", Plan("csv"))
    assert not list(tmp_path.iterdir())
