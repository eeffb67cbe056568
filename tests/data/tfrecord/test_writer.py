"""Shards that are written: whole or not there, and the same to us and to plain TensorFlow."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.data.png import encode_png
from shapenet.data.records import UnreadableError
from shapenet.data.tfrecord.source import tfrecord
from shapenet.data.tfrecord.writer import write_tfrecords
from shapenet.errors import ConfigError, DataError, Place, Problem


@pytest.mark.parametrize("compression", ["none", "gzip", "zlib"])
@pytest.mark.parametrize("encode", ["png", "raw"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_what_is_written_reads_back(make, tmp_path, compression, encode, dtype):
    records = make(10, dtype)
    paths = write_tfrecords(records, tmp_path / "set", num_shards=3, compression=compression, encode=encode)
    ending = {"none": "", "gzip": ".gz", "zlib": ".zlib"}[compression]
    assert [path.name for path in paths] == [f"set-0000{i}-of-00003.tfrecord{ending}" for i in range(3)]
    read = tfrecord(path=tmp_path / "set")
    assert (read.classes, len(read), dict(read.fields)) == (records.classes, 10, records.fields)
    block = read.read(0, 10)
    np.testing.assert_array_equal(block["image"], records.arrays["image"])
    np.testing.assert_array_equal(block["label"], records.arrays["label"])


def test_further_fields_read_back(make, tmp_path):
    random = np.random.default_rng(2)
    further = {
        "mask": random.integers(0, 9, (6, 4, 5, 1), np.uint8),
        "deep": random.random((6, 4, 5, 2), np.float32),
        "area": random.random(6, np.float32),
        "box": random.random((6, 4), np.float32),
        "one": random.integers(0, 9, (6, 1)),
        "count": random.integers(0, 9, 6),
        "grid": random.integers(0, 9, (6, 2, 3, 4)),
    }
    records = make(6, **further)
    write_tfrecords(records, tmp_path / "set", num_shards=1)
    fields = tuple(name for name in further if name != "mask")
    read = tfrecord(path=tmp_path / "set", fields=fields, masks=("mask",))
    assert dict(read.fields) == records.fields
    block = read.read(1, 5)
    for name, values in records.arrays.items():
        np.testing.assert_array_equal(block[name], values[1:5])


def test_images_of_any_size_read_back(make, tmp_path):
    images = [np.full((3 + i, 4, 1), i, np.uint8) for i in range(4)]
    write_tfrecords(make(4, image=images), tmp_path / "set", num_shards=2)
    read = tfrecord(path=tmp_path / "set", size="any")
    assert read.fields["image"].shape == (None, None, 1)
    assert [image.tolist() for image in read.read(0, 4)["image"]] == [image.tolist() for image in images]
    with pytest.raises(UnreadableError) as caught:
        tfrecord(path=tmp_path / "set").read(0, 4)
    assert list(caught.value.faults) == [1, 2, 3]
    assert "expected uint8 3 x 4 x 1 as in the first record, received uint8 4 x 4 x 1" in str(caught.value)


def test_equal_records_give_equal_bytes(make, tmp_path):
    first, second = (
        write_tfrecords(make(5), tmp_path / folder / "set", num_shards=2, compression="gzip") for folder in "ab"
    )
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_plain_tensorflow_reads_what_is_written(make, tmp_path):
    import tensorflow as tf

    records = make(7, dtype="uint16", area=np.arange(7, dtype=np.float32) / 7)
    paths = write_tfrecords(records, tmp_path / "set", num_shards=2, compression="gzip")
    form = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
        "label/text": tf.io.FixedLenFeature([], tf.string),
        "area": tf.io.FixedLenFeature([], tf.float32),
    }
    parsed = [
        tf.io.parse_single_example(record, form)
        for record in tf.data.TFRecordDataset([str(path) for path in paths], compression_type="GZIP")
    ]
    images = [tf.io.decode_png(example["image"], dtype=tf.uint16).numpy() for example in parsed]
    np.testing.assert_array_equal(images, records.arrays["image"])
    assert [int(example["label"]) for example in parsed] == records.arrays["label"].tolist()
    assert [example["label/text"].numpy() for example in parsed] == [b"cat", b"dog"] * 3 + [b"cat"]
    np.testing.assert_array_equal([example["area"].numpy() for example in parsed], records.arrays["area"])


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_what_plain_tensorflow_writes_is_read(make, tmp_path, compression):
    import tensorflow as tf

    images = make(6).arrays["image"]
    path = tmp_path / "set.tfrecord"
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for number, image in enumerate(images):
            features = {
                "picture": tf.train.Feature(bytes_list=tf.train.BytesList(value=[encode_png(image)])),
                "class": tf.train.Feature(int64_list=tf.train.Int64List(value=[number % 3])),
                "weights": tf.train.Feature(float_list=tf.train.FloatList(value=[number, 0.5])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    read = tfrecord(path=path, image="picture", label="class", fields=("weights",))
    assert read.classes == ("0", "1", "2")
    assert read.label_of().tolist() == [0, 1, 2, 0, 1, 2]
    block = read.read(0, 6)
    np.testing.assert_array_equal(block["image"], images)
    assert block["weights"].tolist() == [[number, 0.5] for number in range(6)]


class Damaged:
    """Records of which some can't be read."""

    def __init__(self, records, damaged):
        self.records, self.damaged = records, damaged

    def __getattr__(self, name):
        return getattr(self.records, name)

    def __len__(self):
        return len(self.records)

    def read(self, start, stop):
        if faults := {i: Problem("x/y", f"{i} is bad", Place("z")) for i in self.damaged if start <= i < stop}:
            raise UnreadableError(faults)
        return self.records.read(start, stop)


def test_all_that_cant_be_read_is_told_and_nothing_is_left(make, tmp_path):
    with pytest.raises(DataError) as caught:
        write_tfrecords(Damaged(make(200), [3, 150]), tmp_path / "set", num_shards=2)
    (problem,) = caught.value.problems
    assert problem.message == "2 of 200 records can't be read\n  z: 3 is bad\n  z: 150 is bad"
    assert problem.hint is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_and_too_many_shards_are_refused(make, tmp_path):
    with pytest.raises(ConfigError, match="expected from 1 to 5 shards for 5 records, received 6"):
        write_tfrecords(make(5), tmp_path / "set", num_shards=6)
    (tmp_path / "set").mkdir()
    with pytest.raises(ConfigError, match="expected a new folder"):
        write_tfrecords(make(5), tmp_path / "set", num_shards=1)
