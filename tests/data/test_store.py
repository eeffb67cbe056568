"""Stores: opened only when they are what ``store.json`` says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from shapenet.data.store import Store, content_keys
from shapenet.errors import DataError
from tests.data.conftest import NumberRecords, RampRecords


@pytest.fixture
def folder(pack):
    """The folder of a sound store."""
    return pack(NumberRecords([1, 2, 3])).folder


def test_arrays_are_mapped_and_read_only(folder):
    image = Store(folder)["image"]
    assert isinstance(image, np.memmap)
    assert image.shape == (3, 2, 2, 1)
    with pytest.raises(ValueError, match="read-only"):
        image[0] = 0


def cut_array(folder):
    path = folder / "image.npy"
    path.write_bytes(path.read_bytes()[:-1])


def other_shape(folder):
    np.save(folder / "image.npy", np.zeros((3, 2, 2, 3), np.uint8))


def other_type(folder):
    np.save(folder / "label.npy", np.zeros(3, np.int32))


def no_array(folder):
    (folder / "content.npy").unlink()


def no_json(folder):
    (folder / "store.json").write_text("{")


def other_format(folder):
    meta = json.loads((folder / "store.json").read_text())
    (folder / "store.json").write_text(json.dumps({**meta, "format": 0}))


def objects(folder):
    np.save(folder / "label.npy", np.array([print, 1, 2], object), allow_pickle=True)


@pytest.mark.parametrize("file", ["image.npy", "image.shapes.npy", "image.ends.npy"])
def test_damage_of_images_of_any_size_is_told(pack, file):
    folder = pack(RampRecords([(1, 2), (2, 3)])).folder
    values = np.load(folder / file)
    np.save(folder / file, values[:-1])
    with pytest.raises(DataError, match="store is damaged"):
        Store(folder)


@pytest.mark.parametrize("damage", [cut_array, other_shape, other_type, no_array, no_json, other_format, objects])
def test_damage_is_told_with_the_way_out(folder, damage):
    damage(folder)
    with pytest.raises(DataError) as caught:
        Store(folder)
    problem = caught.value.problems[0]
    assert (problem.code, problem.place.file) == ("data/store", str(folder))
    assert "delete this folder" in problem.hint


def test_content_keys_are_equal_where_digests_are():
    digests = np.array([[1, 2], [2, 1], [1, 2]], np.uint64)
    keys = content_keys([digests, digests[:1]])
    assert keys.shape == (4,)
    assert list(np.unique(keys, return_inverse=True)[1]) in ([0, 1, 0, 0], [1, 0, 1, 1])
