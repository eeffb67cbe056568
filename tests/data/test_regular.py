"""Reading regular files only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shapenet.data.regular import fingerprint_of, read_regular
from shapenet.errors import DataError


def test_reads_all(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 1000)
    assert read_regular(path) == path.read_bytes()
    assert read_regular(os.fsencode(path)) == path.read_bytes()


def test_files_that_tell_no_size_are_read_whole():
    assert read_regular("/proc/self/status").startswith(b"Name:")


def test_what_is_not_regular_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    expected = {tmp_path: "a folder", tmp_path / "pipe": "a named pipe", Path("/dev/zero"): "a device"}
    for path, kind in expected.items():
        with pytest.raises(DataError, match=f"received {kind}"):
            read_regular(path)


def test_too_large(tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)
    with pytest.raises(DataError, match="at most 2,147,483,648 bytes"):
        read_regular(path)


def test_files_of_one_name_size_and_time_are_told_apart_by_their_ends(tmp_path):
    found = set()
    for number, content in enumerate([b"a" + bytes(300_000), bytes(300_000) + b"a", bytes(300_001)]):
        path = tmp_path / str(number) / "images.npy"
        path.parent.mkdir()
        path.write_bytes(content)
        os.utime(path, (1, 1))
        found.add(fingerprint_of(path))
    assert len(found) == 3
    assert fingerprint_of(path.rename(tmp_path / "images.npy")) in found
