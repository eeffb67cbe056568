"""Packing: the source's records to the bit, whole or not at all, once."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from shapenet.data import pack as pack_module
from shapenet.data.pack import content_digests, default_cache_dir, open_packed
from shapenet.data.records import note
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.data.store import CONTENT
from shapenet.errors import DataError, MachineError, Place
from tests.data.conftest import NumberRecords, RampRecords

NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6]


def stores(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "stores").iterdir())


def test_a_store_holds_what_the_source_reads(pack):
    records = NumberRecords(NUMBERS)
    store = pack(records)
    read = records.read(0, len(records))
    np.testing.assert_array_equal(store["image"], read["image"])
    np.testing.assert_array_equal(store["label"], read["label"])
    assert (len(store), store.meta.classes, store.meta.described) == (8, ("even", "odd"), "numbers")


def test_it_is_packed_once(tmp_path, monkeypatch):
    records = NumberRecords(NUMBERS)
    first = open_packed(records, tmp_path)
    monkeypatch.setattr(NumberRecords, "read", None)
    assert open_packed(records, tmp_path).folder == first.folder


def test_workers_write_the_same_bytes(tmp_path, monkeypatch):
    records = ShapesRecords(ShapesParameters(classes=("square", "ring"), num_images=60, size=16))
    alone = open_packed(records, tmp_path / "alone")
    monkeypatch.setattr(pack_module, "_WORTH_A_POOL_BYTES", 0)
    monkeypatch.setattr(pack_module, "_WORTH_A_POOL_RECORDS", 0)
    monkeypatch.setattr(pack_module, "available_cores", lambda: 2)
    progress: list[tuple[int, int]] = []
    together = open_packed(records, tmp_path / "together", lambda done, total: progress.append((done, total)))
    assert together.meta == alone.meta
    for name in alone.meta.fields:
        np.testing.assert_array_equal(together[name], alone[name])
    assert progress[-1] == (60, 60)
    assert [done for done, _ in progress] == sorted({done for done, _ in progress})


def test_equal_images_have_equal_digests(pack):
    digests = pack(NumberRecords(NUMBERS))[CONTENT]
    assert (digests[1] == digests[3]).all()
    assert len(np.unique(digests, axis=0)) == len(set(NUMBERS))


def test_digests_see_every_byte():
    images = np.zeros((3, 4, 4, 3), np.float32)
    images[1, -1, -1, -1] = 1e-30
    first, second, third = content_digests(images)
    assert (first == third).all()
    assert (first != second).any()


@pytest.mark.parametrize(
    "other", [NumberRecords([*NUMBERS[:-1], 7]), NumberRecords(NUMBERS, [0] * 8), NumberRecords(NUMBERS, None, "ab")]
)
def test_the_fingerprint_changes_with_images_labels_and_classes(pack, other):
    assert pack(other).meta.fingerprint != pack(NumberRecords(NUMBERS)).meta.fingerprint


def test_damaged_records_are_told_all_at_once_and_nothing_stays(tmp_path):
    with pytest.raises(DataError) as caught:
        open_packed(NumberRecords(range(200), damaged=range(50, 65)), tmp_path)
    (problem,) = caught.value.problems
    lines = [f"line {n}: record {n} is damaged" for n in range(50, 60)]
    expected = ["15 of 200 records can't be read", *lines, "and 5 more"]
    assert [line.strip() for line in problem.message.splitlines()] == expected
    assert (problem.code, problem.place) == ("data/damaged", Place("numbers", 50))
    assert "data.on_bad: skip" in problem.hint
    assert stores(tmp_path) == []


def test_a_share_above_the_limit_is_told_with_the_limit(tmp_path):
    records = NumberRecords(range(200), damaged=range(50, 65))
    told = "15 of 200 records can't be read (0.075): expected at most data.max_bad_fraction, 0.05 of them"
    for limit_before in (None, 0.1):  # not packed, and packed under a higher limit
        if limit_before:
            open_packed(records, tmp_path, max_bad_fraction=limit_before)
        with pytest.raises(DataError) as caught:
            open_packed(records, tmp_path, max_bad_fraction=0.05)
        listed, share = caught.value.problems
        assert "record 59 is damaged" in listed.message
        assert (share.code, share.message, share.place) == ("data/unreadable", told, Place("numbers"))


def test_few_bad_records_are_left_out_if_that_is_allowed(tmp_path):
    records = NumberRecords(range(200), damaged=(0, 50, 51, 199))
    with pytest.raises(DataError, match="record 50 is damaged"):
        open_packed(records, tmp_path, max_bad_fraction=0.01)
    store = open_packed(records, tmp_path, max_bad_fraction=0.02)
    assert store.meta.bad == {n: f"numbers:{n}: record {n} is damaged" for n in (0, 50, 51, 199)}
    assert store.good().tolist() == [n for n in range(200) if n not in store.meta.bad]
    np.testing.assert_array_equal(store["image"][store.good(), 0, 0, 0], store.good())
    with pytest.raises(DataError, match="record 50 is damaged"):
        open_packed(records, tmp_path)


def test_what_is_noted_of_records_is_counted(tmp_path):
    class Noting(NumberRecords):
        def read(self, start, stop):
            for index in range(start, stop):
                if index % 3 == 0:
                    note("are odd ones")
            return super().read(start, stop)

    assert open_packed(Noting(range(100), damaged=[7]), tmp_path, max_bad_fraction=0.1).meta.notes == {
        "are odd ones": 34
    }


def test_images_of_any_size_are_packed_to_the_bit(tmp_path, monkeypatch):
    monkeypatch.setattr(pack_module, "_BLOCK_BYTES", 1 << 20)
    records = RampRecords([(3, 4), (1, 1), (3, 4), (7, 2), (2, 7)] * 5, damaged=[3])
    store = open_packed(records, tmp_path, max_bad_fraction=0.1)
    images = store.ragged("image")
    assert images.shapes.tolist() == [[*size, 2] if n != 3 else [0, 0, 0] for n, size in enumerate(records.sizes)]
    for index in store.good().tolist():
        np.testing.assert_array_equal(images[index], records.image(index))
    digests = store[CONTENT]
    assert (digests[0] == digests[2]).all()
    assert len(np.unique(digests[4:9], axis=0)) == 4
    assert not list(store.folder.glob("*.part"))
    with pytest.raises(KeyError, match=r"Store\.ragged"):
        store["image"]
    with pytest.raises(KeyError, match="not ragged"):
        store.ragged("label")


def test_a_full_disk_is_an_error_and_nothing_stays(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pack_module, "write_values", full)
    with pytest.raises(MachineError, match="No space left") as caught:
        open_packed(NumberRecords(NUMBERS), tmp_path)
    assert "bytes are free" in caught.value.problems[0].hint
    assert stores(tmp_path) == []


def test_too_small_a_disk_is_told_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 10))
    monkeypatch.setattr(NumberRecords, "read", None)
    with pytest.raises(MachineError, match="No space left") as caught:
        open_packed(NumberRecords(NUMBERS), tmp_path)
    assert re.match(r"[\d,]{3,} bytes are needed, 10 bytes are free there; free some", caught.value.problems[0].hint)
    assert stores(tmp_path) == []


def test_what_killed_processes_left_is_removed_once_it_is_old(tmp_path):
    old, fresh = tmp_path / "stores" / ".tmp-old", tmp_path / "stores" / ".tmp-fresh"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "image.npy").write_bytes(b"half")
    two_days_ago = time.time() - 2 * 86400
    for path in (old / "image.npy", old):
        os.utime(path, (two_days_ago, two_days_ago))
    store = open_packed(NumberRecords(NUMBERS), tmp_path)
    assert stores(tmp_path) == [".tmp-fresh", store.folder.name]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SHAPENET_CACHE": "/a/b"}, Path("/a/b")),
        ({"SHAPENET_CACHE": "", "XDG_CACHE_HOME": "/c"}, Path("/c/shapenet")),
        ({"SHAPENET_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/h"}, Path("/h/.cache/shapenet")),
    ],
)
def test_the_cache_is_where_variables_say(monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_cache_dir() == expected


def test_sizes_that_vary_survive_bad_records_among_them(tmp_path):
    records = RampRecords([(1 + index % 5, 2 + index % 3) for index in range(80)], damaged=[0, 14, 15, 79])
    images = open_packed(records, tmp_path, max_bad_fraction=0.1).ragged("image")
    for index in sorted(set(range(80)) - records.damaged):
        np.testing.assert_array_equal(images[index], records.image(index))
