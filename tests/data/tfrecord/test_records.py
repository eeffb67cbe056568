"""The source tfrecord: shards found and indexed, features as fields, faults with file and record."""

from __future__ import annotations

import pickle
import shutil

import numpy as np
import pytest

from shapenet.data.pack import open_packed
from shapenet.data.png import encode_png
from shapenet.data.records import UnreadableError, bearing_unlabelled
from shapenet.data.tfrecord import indexing
from shapenet.data.tfrecord import records as records_module
from shapenet.data.tfrecord.source import tfrecord
from shapenet.data.tfrecord.writer import write_tfrecords
from shapenet.errors import ConfigError, DataError
from shapenet.fields import Field

PNG = encode_png(np.full((2, 3), 7, np.uint8))


def error_of(**arguments):
    with pytest.raises(DataError) as caught:
        tfrecord(**arguments)
    return caught.value.problems[0]


def test_a_file_a_folder_and_a_pattern(make, tmp_path):
    paths = write_tfrecords(make(10), tmp_path / "set", num_shards=3)
    assert len(tfrecord(path=paths[1])) == 3
    assert len(tfrecord(path=tmp_path / "set")) == 10
    read = tfrecord(path=tmp_path / "set" / "set-0000[02]*")
    assert len(read) == 7
    assert [read.name_of(index) for index in (0, 2, 3, 6)] == [
        "set-00000-of-00003.tfrecord[0]", "set-00000-of-00003.tfrecord[2]",
        "set-00002-of-00003.tfrecord[0]", "set-00002-of-00003.tfrecord[3]",
    ]  # fmt: skip


def test_a_name_with_brackets_is_a_name(write):
    path = write({"image": [PNG], "label": [0]}, name="a[b].tfrecord")
    assert len(tfrecord(path=path)) == 1


@pytest.mark.parametrize("compression", ["auto", "gzip"])
@pytest.mark.parametrize(("name", "code"), [("none.tfrecord", "data/unreadable-file"), ("none-*", "data/missing-file")])
def test_what_is_not_there_is_told(tmp_path, name, code, compression):
    assert error_of(path=tmp_path / name, compression=compression).code == code


def test_a_folder_without_shards_a_missing_one_and_a_link_out_of_it(make, tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    assert "found none" in error_of(path=folder).message
    folder.rmdir()
    paths = write_tfrecords(make(10), folder, num_shards=3)
    outside = tmp_path / "outside.tfrecord"
    shutil.move(paths[1], outside)
    assert "expected 3 shards of set, found 2; number 1 is missing" in error_of(path=folder).message
    paths[1].symlink_to(outside)
    assert error_of(path=folder).code == "data/outside-folder"
    assert len(tfrecord(path=folder / "set-*")) == 10


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_any_order_of_reading_gives_the_same(make, tmp_path, compression):
    images = make(20).arrays["image"]
    write_tfrecords(make(20), tmp_path / "set", num_shards=3, compression=compression)
    read = pickle.loads(pickle.dumps(tfrecord(path=tmp_path / "set")))  # noqa: S301 our own bytes
    for start, stop in [(5, 9), (0, 20), (18, 20), (3, 4), (4, 5), (4, 4)]:
        np.testing.assert_array_equal(read.read(start, stop)["image"], images[start:stop])


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_shard_that_changed_since_is_told(make, tmp_path, compression):
    (path,) = write_tfrecords(make(5), tmp_path / "set", num_shards=1, compression=compression, encode="raw")
    read = tfrecord(path=path)
    shutil.rmtree(tmp_path / "set")
    write_tfrecords(make(5, shape=(4, 6, 3)), tmp_path / "set", num_shards=1, compression=compression, encode="raw")
    with pytest.raises(UnreadableError) as caught:
        pickle.loads(pickle.dumps(read)).read(2, 4)  # noqa: S301 our own bytes
    assert list(caught.value.faults) == [2, 3]
    assert all("has changed" in problem.message for problem in caught.value.problems)


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_shards_in_turns_are_each_read_once(make, tmp_path, monkeypatch, compression):
    records = make(60)
    write_tfrecords(records, tmp_path / "set", num_shards=20, compression=compression)
    read = tfrecord(path=tmp_path / "set")
    assert list(read.bounds) == list(range(0, 61, 3))
    opened: list[str] = []
    for name in ("read_frames", "open_regular"):
        real = getattr(records_module, name)
        monkeypatch.setattr(
            records_module, name, lambda path, *rest, real=real: (opened.append(path.name), real(path, *rest))[1]
        )
    read = pickle.loads(pickle.dumps(read))  # noqa: S301 our own bytes
    turns = [shard * 3 + turn for turn in range(3) for shard in range(16)]
    for index in turns:
        np.testing.assert_array_equal(read.read(index, index + 1)["image"][0], records.arrays["image"][index])
    assert len(opened) == len(set(opened)) == 16
    read.read(57, 60)
    assert len(read._open) == 16


def test_packs_in_other_processes(make, tmp_path):
    records = make(300)
    write_tfrecords(records, tmp_path / "set", num_shards=2, compression="gzip")
    store = open_packed(tfrecord(path=tmp_path / "set"), tmp_path / "cache")
    np.testing.assert_array_equal(store["image"], records.arrays["image"])


def test_the_index_is_made_once_and_again_when_the_file_changes(write, monkeypatch):
    path = write({"image": [PNG], "label": [0]})
    first = tfrecord(path=path)
    with monkeypatch.context() as patch:
        patch.setattr(indexing, "read_frames", None)  # would fail if it were called
        again = tfrecord(path=path)
    assert again.key == first.key
    write({"image": [PNG], "label": [0]}, {"image": [PNG], "label": [1]})
    changed = tfrecord(path=path)
    assert (len(changed), changed.key != first.key) == (2, True)


def test_the_folders_place_is_no_part_of_the_key(make, tmp_path):
    write_tfrecords(make(4), tmp_path / "set", num_shards=1)
    key = tfrecord(path=tmp_path / "set").key
    assert tfrecord(path=(tmp_path / "set").rename(tmp_path / "moved")).key == key
    assert tfrecord(path=tmp_path / "moved", size=3).key != key


def test_a_damaged_index_is_made_anew(write, own_cache):
    path = write({"image": [PNG], "label": [0]}, {"image": [PNG], "label": [1]})
    before = set((own_cache / "indexes").glob("*"))
    tfrecord(path=path)
    (made,) = set((own_cache / "indexes").glob("*")) - before
    made.write_bytes(made.read_bytes()[:100])
    assert len(tfrecord(path=path)) == 2


@pytest.mark.parametrize(
    ("labels", "classes", "expected"),
    [
        ([{"label": [10]}, {"label": [9]}], (), (("9", "10"), [1, 0])),
        ([{"label": [b"dog"]}, {"label": [b"cat"]}], (), (("cat", "dog"), [1, 0])),
        (
            [{"label": [5], "label/text": [b"ant"]}, {"label": [2], "label/text": [b"fly"]}],
            (),
            (("fly", "ant"), [1, 0]),
        ),
        ([{"label": [1]}, {"label": [0]}], ("cat", "dog"), (("cat", "dog"), [1, 0])),
        ([{"label": [b"dog"]}, {"label": [b"dog"]}], ("cat", "dog"), (("cat", "dog"), [1, 1])),
    ],
)
def test_classes(write, labels, classes, expected):
    read = tfrecord(path=write(*({"image": [PNG], **label} for label in labels)), classes=classes)
    assert (read.classes, read.label_of().tolist()) == expected


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([{"label": [2]}], ("cat", "dog"), "a label from 0 to 1"),
        ([{"label": [b"dgo"]}], ("cat", "dog"), "one of the classes cat, dog"),
        ([{"label": [b" "]}], (), "expected a label"),
        ([{"label": [0.5]}], (), "an integer or a text, received floats"),
        ([{"label": [1, 2]}], (), "an integer or a text, received values"),
        ([{"lable": [1]}], (), "expected the feature 'label', found image, lable"),
        ([{"label": [b"\xff"]}], (), "expected UTF-8"),
        ([{"label": [PNG * 100]}], (), "expected at most 1,000 bytes"),
        ([{"label": [1]}, {"label": [b"a"]}], (), "record 1: label: expected the same type as before"),
        ([{"label": [1], "label/text": [b"a"]}, {"label": [1], "label/text": [b"b"]}], (), "'b', but 'a' before"),
        ([{"label": [1], "label/text": [b"a"]}, {"label": [2], "label/text": [b"a"]}], (), "'a' has several"),
    ],
)
def test_labels_at_fault(write, labels, classes, message):
    path = write(*({"image": [PNG], **label} for label in labels))
    assert message in error_of(path=path, classes=classes).message


def test_labels_may_lack_in_all_records_where_none_is_needed(write):
    path = write(*[{"image": [PNG]}] * 3)
    with bearing_unlabelled(some=False):
        read = tfrecord(path=path)
    assert (read.classes, read.label_of().tolist()) == ((), [0, 0, 0])
    assert "expected the feature 'label'" in error_of(path=path).message, "the index of the one serves no other"
    path = write({"image": [PNG], "label": [1]}, {"image": [PNG]})
    with bearing_unlabelled(some=True), pytest.raises(DataError, match="record 1: label: expected a label, as before"):
        tfrecord(path=path)


def test_labels_of_one_type_in_all_shards(write, tmp_path):
    write({"image": [PNG], "label": [1]}, name="a.tfrecord")
    write({"image": [PNG], "label": [b"a"]}, name="b.tfrecord")
    problem = error_of(path=tmp_path)
    assert (problem.place.file, "another type" in problem.message) == (str(tmp_path / "b.tfrecord"), True)


def test_columns(write):
    path = write(*({"image": [PNG], "label": [0], "site": [site], "year": [7]} for site in (b"a", "ü".encode())))
    first = tfrecord(path=path, columns=("site", "year"))
    again = tfrecord(path=path, columns=("site", "year"))  # from the cache
    assert first.columns == again.columns == {"site": ["a", "ü"], "year": ["7", "7"]}
    assert tfrecord(path=path).columns == {}
    assert "record 0: expected the feature 'sit'" in error_of(path=path, columns=("sit",)).message


def test_no_records(write):
    assert error_of(path=write()).code == "data/empty"


def test_every_damaged_shard_is_named(write, tmp_path):
    for name in "abc":
        write(*[{"image": [PNG], "label": [1]}] * 3, name=f"{name}.tfrecord")
    for name in "ac":
        path = tmp_path / f"{name}.tfrecord"
        path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError) as caught:
        tfrecord(path=tmp_path)
    assert [problem.place.file for problem in caught.value.problems] == [str(tmp_path / f"{n}.tfrecord") for n in "ac"]
    assert all(problem.message.startswith("record 2: the file is cut") for problem in caught.value.problems)


def test_raw_images_by_features_and_by_numbers(write):
    pixels = np.arange(24, dtype="<u2")
    example = {"image": [pixels.tobytes()], "label": [0], "h": [2], "w": [4]}
    read = tfrecord(path=write(example), raw_shape=["h", "w", 3], raw_dtype="uint16")
    assert read.fields["image"] == Field("uint16", (2, 4, 3))
    np.testing.assert_array_equal(read.read(0, 1)["image"][0].reshape(-1), pixels)
    assert tfrecord(path=write(example), raw_shape=[6, 4], raw_dtype="uint16").fields["image"].shape == (6, 4, 1)


@pytest.mark.parametrize(
    ("features", "arguments", "message"),
    [
        ({"image": [b"xyz"]}, {}, "not an image|expected an image"),
        ({"image": [b"xyz"]}, {"raw_shape": [2, 2]}, "expected 4 bytes for uint8"),
        ({"image": [b"xyz"]}, {"raw_shape": ["h", 3]}, "expected one number in the feature 'h', received none"),
        ({"image": [b"xyz"], "h": [0]}, {"raw_shape": ["h", 3]}, "sides of at least 1"),
        ({"image": [b"x"], "image/shape": [1, 1], "image/dtype": [b"object"]}, {}, "received 'object'"),
        ({"image": [b"xyzw"], "image/shape": [4]}, {}, "expected an image, as a file or with its shape"),
        ({"image": [1, 2, 3]}, {}, "expected an image, as a file or with its shape"),
        ({"image": [PNG, PNG]}, {}, "received 2 byte strings"),
        ({"imgae": [PNG]}, {}, "expected the feature 'image', found imgae, label"),
        ({"image": [np.float32([np.nan]).tobytes()], "image/shape": [1, 1], "image/dtype": [b"float32"]}, {}, "finite"),
        ({"image": [b"x"], "image/shape": [1, 1]}, {"size": 8}, "expected image files, which `size` resizes"),
    ],
)
def test_images_at_fault(write, features, arguments, message):
    path = write({"label": [0], **features})
    with pytest.raises(DataError, match=message) as caught:
        tfrecord(path=path, **arguments)
    assert caught.value.problems[0].place.file == str(path)
    assert caught.value.problems[0].message.startswith("record 0: ")


def test_records_at_fault_are_all_told_and_the_others_are_packed(write, tmp_path):
    good, bad = {"image": [PNG], "label": [0]}, {"image": [PNG[:-20]], "label": [0]}
    other = {"image": [encode_png(np.zeros((5, 3), np.uint8))], "label": [1]}
    read = tfrecord(path=write(good, bad, good, other, good))
    with pytest.raises(UnreadableError) as caught:
        read.read(0, 5)
    assert list(caught.value.faults) == [1, 3]
    assert [problem.message.partition(":")[0] for problem in caught.value.problems] == ["record 1", "record 3"]
    assert open_packed(read, tmp_path / "cache", max_bad_fraction=0.5).good().tolist() == [0, 2, 4]


def test_names_that_fields_cant_bear(write):
    path = write({"image": [PNG], "label": [0], "a/b": [1]})
    for name in ("a/b", "content", "image"):
        with pytest.raises(ConfigError, match="a name of letters"):
            tfrecord(path=path, fields=(name,))
    with pytest.raises(ConfigError, match="once"):
        tfrecord(path=path, fields=("mask",), masks=("mask",))
