"""The source arrays: npz, npy and IDX give what was saved; what is wrong is told with array and index."""

from __future__ import annotations

import gc
import gzip
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from shapenet.data.arrays.files import find_array
from shapenet.data.arrays.source import arrays
from shapenet.data.pack import open_packed
from shapenet.data.records import UnreadableError, bearing_unlabelled
from shapenet.errors import ConfigError, DataError
from shapenet.fields import Field

LABELS = np.array([0, 1] * 4)


def message_of(**arguments):
    with pytest.raises(DataError) as caught:
        arrays(**arguments)
    (problem,) = caught.value.problems
    assert problem.place is not None
    return problem.message


def unpacked(own_cache):
    return list((own_cache / "unpacked").glob(".tmp-*"))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", ">u2", ">f4"])
def test_npz(images, save, compressed, dtype):
    saved = images.astype(dtype)
    read = arrays(path=save(compressed=compressed, images=saved, labels=LABELS))
    native = np.dtype(dtype).newbyteorder("=").name
    assert dict(read.fields) == {"image": Field(native, (4, 5, 3)), "label": Field("int64", ())}
    assert (len(read), read.classes, read.name_of(3)) == (8, ("0", "1"), "data.npz[3]")
    for copy in (read, pickle.loads(pickle.dumps(read))):  # noqa: S301 our own bytes
        block = copy.read(2, 5)
        assert block["image"].dtype == np.dtype(native)
        np.testing.assert_array_equal(block["image"], saved[2:5])
        assert block["label"].tolist() == [0, 1, 0]
        assert copy.read(3, 3)["image"].shape == (0, 4, 5, 3)


def test_npz_with_names_fields_and_classes(images, save):
    path = save(
        x=images[..., 0],
        y=LABELS[:, None],
        mask=images[..., 1].astype(np.int32),
        area=np.arange(8.0),
        flag=LABELS == 1,
        classes=np.array(["cat", "dog", "cow"]),
    )
    read = arrays(path=path, image="x", label="y", fields=("mask", "area", "flag"))
    assert read.classes == ("cat", "dog", "cow")
    assert dict(read.fields) == {
        "image": Field("uint8", (4, 5, 1)),
        "mask": Field("int64", (4, 5, 1)),
        "area": Field("float32", ()),
        "flag": Field("uint8", ()),
        "label": Field("int64", ()),
    }
    block = read.read(1, 4)
    np.testing.assert_array_equal(block["mask"][..., 0], images[1:4, ..., 1])
    assert (block["area"].tolist(), block["flag"].tolist()) == ([1.0, 2.0, 3.0], [1, 0, 1])
    assert arrays(path=path, image="x", label="y", classes=("a", "b")).classes == ("a", "b")


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_with_labels_beside(images, tmp_path, order):
    np.save(tmp_path / "train_images.npy", np.asarray(images, order=order))
    np.save(tmp_path / "train_labels.npy", np.array(["dog", "cat"] * 4))
    read = arrays(path=tmp_path / "train_images.npy")
    assert (read.classes, read.label_of().tolist()) == (("cat", "dog"), [1, 0] * 4)
    np.testing.assert_array_equal(read.read(1, 7)["image"], images[1:7])
    (tmp_path / "train_labels.npy").rename(tmp_path / "other.npy")
    assert "there is no train_labels.npy" in message_of(path=tmp_path / "train_images.npy")
    assert len(arrays(path=tmp_path / "train_images.npy", labels=tmp_path / "other.npy")) == 8


def test_labels_may_lack_where_none_is_needed(images, save, tmp_path):
    np.save(tmp_path / "photos.npy", images)
    with bearing_unlabelled(some=False):
        for read in (arrays(path=tmp_path / "photos.npy"), arrays(path=save(images=images))):
            assert (read.classes, read.label_of().tolist()) == ((), [0] * 8)
            np.testing.assert_array_equal(read.read(2, 5)["image"], images[2:5])
        assert arrays(path=save(images=images, labels=LABELS)).classes, "labels that are there are read"
        with pytest.raises(DataError):
            arrays(path=tmp_path / "photos.npy", labels=tmp_path / "none.npy")


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_idx(images, save_idx, ending, dtype):
    saved = images[..., 0].astype(dtype)
    path = save_idx(f"train-images-idx3-ubyte{ending}", saved)
    save_idx(f"train-labels-idx1-ubyte{ending}", LABELS.astype(np.uint8))
    read = arrays(path=path)
    copy = pickle.loads(pickle.dumps(read))  # noqa: S301 our own bytes
    assert copy.label_of().tolist() == LABELS.tolist()
    np.testing.assert_array_equal(copy.read(0, 8)["image"][..., 0], saved)


def test_compressed_arrays_are_unpacked_once_and_the_copy_goes(images, save, own_cache, tmp_path):
    gc.collect()
    before = set(unpacked(own_cache))
    read = arrays(path=save(compressed=True, images=images, labels=LABELS))
    assert set(unpacked(own_cache)) == before  # nothing is unpacked to learn shapes and labels
    read.read(0, 2)
    (folder,) = set(unpacked(own_cache)) - before
    inode = next(folder.iterdir()).stat().st_ino
    read.read(3, 5)
    other = pickle.loads(pickle.dumps(read))  # noqa: S301 our own bytes
    np.testing.assert_array_equal(other.read(0, 8)["image"], images)
    assert [file.stat().st_ino for file in folder.iterdir()] == [inode]
    del other
    assert folder.exists()
    del read
    assert not folder.exists()


def test_packs_in_other_processes(tmp_path, save):
    many = np.random.default_rng(0).integers(0, 256, (5000, 6, 6), np.uint8)
    read = arrays(path=save(compressed=True, images=many, labels=np.arange(5000) % 3))
    np.testing.assert_array_equal(open_packed(read, tmp_path / "cache")["image"][..., 0], many)


def test_key_follows_content_and_arguments(images, save):
    path = save(images=images, labels=LABELS)
    first = arrays(path=path).key
    assert arrays(path=path).key == first
    assert arrays(path=path, classes=("a", "b")).key != first
    (path.parent / "moved").mkdir()
    path = path.rename(path.parent / "moved" / path.name)
    assert arrays(path=path).key == first
    os.utime(path, (1, 1))
    assert arrays(path=path).key != first


def test_objects_are_never_unpickled(images, save, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path.joinpath("exploded").touch, ())

    path = save(images=images, labels=np.array([Bomb()] * 8))
    assert "Python objects, which are never unpickled" in message_of(path=path)
    np.save(tmp_path / "labels.npy", np.array([Bomb()] * 8), allow_pickle=True)
    assert "Python objects" in message_of(path=path, labels=tmp_path / "labels.npy")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ({"image": 0, "labels": LABELS}, "expected the array images, found image, labels"),
        ({"labels": LABELS[:7]}, "expected 8 values, one for each image; received 7"),
        ({"labels": np.int64(1)}, "received a single value"),
        ({"labels": LABELS / 2}, "expected integers or text"),
        ({"labels": np.eye(8)}, "expected integers or text"),
        ({"labels": np.array(["a", " "] * 4)}, "expected a label, received another in 4 of 8 records\n  labels[1]:"),
        ({"labels": LABELS + 1, "classes": np.array(["a", "b"])}, "a label from 0 to 1"),
        ({"images": np.zeros((8, 4, 5)), "labels": LABELS}, "expected uint8, uint16, float32"),
        ({"images": np.zeros((8, 4), np.uint8), "labels": LABELS}, "(n, height, width[, channels])"),
        ({"images": np.zeros((0, 4, 4), np.uint8), "labels": LABELS[:0]}, "with at least one image"),
        ({"images": np.zeros((8, 4, 4), "M8[s]"), "labels": LABELS}, "expected numbers or text"),
    ],
)
def test_arrays_at_fault(images, save, saved, message):
    given = {"images": images, **saved}
    if "image" in saved:
        del given["images"]
    assert message in message_of(path=save(**given))


def test_columns(images, save):
    path = save(images=images, labels=LABELS, site=np.array(list("abcdefgü")), year=np.arange(8), score=np.ones(8))
    assert arrays(path=path, columns=("site", "year")).columns == {"site": list("abcdefgü"), "year": list("01234567")}
    assert "expected integers or text" in message_of(path=path, columns=("score",))


def test_text_is_no_further_field(images, save):
    path = save(images=images, labels=LABELS, names=np.array(["a"] * 8))
    assert "expected numbers, received text" in message_of(path=path, fields=("names",))
    with pytest.raises(ConfigError, match="a name of letters"):
        arrays(path=path, fields=("label",))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_told_by_array_and_index(images, save, value, tmp_path):
    pictures = images.astype(np.float32)
    pictures[[2, 5], 1, 1, 0] = value
    read = arrays(path=save(images=pictures, labels=LABELS))
    with pytest.raises(UnreadableError) as caught:
        read.read(1, 8)
    assert list(caught.value.faults) == [2, 5]
    assert caught.value.problems[0].message == "images[2]: expected finite numbers, received NaN or infinity"
    assert open_packed(read, tmp_path / "cache", max_bad_fraction=0.3).good().tolist() == [0, 1, 3, 4, 6, 7]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_cut_npz_is_told(images, save, compressed):
    path = save(compressed=compressed, images=images, labels=LABELS)
    content = path.read_bytes()
    for length in range(0, len(content), 37):
        path.write_bytes(content[:length])
        assert "cut or damaged" in message_of(path=path) or length < 4


def test_damage_in_a_compressed_array_is_told_when_it_is_unpacked(images, save):
    path = save(compressed=True, images=images, labels=LABELS)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("images.npy")
    content = bytearray(path.read_bytes())
    content[info.header_offset + info.compress_size] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match="cut or damaged"):
        arrays(path=path).read(0, 1)


def test_a_cut_npy_and_idx_are_told(images, tmp_path, save_idx):
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "labels.npy", LABELS)
    for name in ("images.npy", "labels.npy"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-1])
        assert "bytes of values" in message_of(path=tmp_path / "images.npy")
        (tmp_path / name).write_bytes(content)
    for ending in ("", ".gz"):
        path = save_idx(f"images-idx3-ubyte{ending}", images[..., 0])
        save_idx(f"labels-idx1-ubyte{ending}", LABELS.astype(np.uint8))
        path.write_bytes(path.read_bytes()[:-5])
        with pytest.raises(DataError, match=r"cut or damaged|bytes of values"):
            arrays(path=path).read(0, 1)


def test_a_gzip_file_can_hold_neither_more_nor_fewer_values(images, save_idx):
    path = save_idx("images-idx3-ubyte.gz", images[..., 0])
    save_idx("labels-idx1-ubyte.gz", LABELS.astype(np.uint8))
    whole = images[..., 0].tobytes()
    for content, message in ((whole + b"x", "received more"), (whole[:-1], "received 159")):
        path.write_bytes(gzip.compress(struct.pack(">BBBB3I", 0, 0, 8, 3, 8, 4, 5) + content))
        with pytest.raises(DataError, match=message):
            arrays(path=path).read(0, 1)


def test_a_header_that_promises_too_much_is_refused_before_anything_is_made(save_idx, tmp_path, own_cache):
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(struct.pack(">BBBB3I", 0, 0, 8, 3, 2**31, 2**10, 2**10)))
    save_idx("labels-idx1-ubyte.gz", LABELS.astype(np.uint8))
    assert "more than the file can hold" in message_of(path=path)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\0\0\x07\x01" + bytes(8), b"\x93NUMPY\x03\x00\x10\x00" + bytes(20)]
)
def test_other_files_are_told(tmp_path, content):
    path = tmp_path / "images.npy"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        find_array(path, "images")
    assert caught.value.problems[0].place.file == str(path)


def test_members_packed_in_other_ways_are_refused(images, save):
    path = save(images=images, labels=LABELS)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "another compression" in message_of(path=path)
