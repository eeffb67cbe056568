"""Frames of TFRecord files: what is whole is read, and what is not says where it is wrong."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.tfrecord.framing import (
    FOOTER,
    HEADER,
    MAX_RECORD_BYTES,
    detect_compression,
    frame_bytes,
    masked_crc,
    read_frame_at,
    read_frames,
)
from shapenet.errors import DataError

RECORDS = [b"first", b"", b"x" * 1000]
PACK = {"none": bytes, "gzip": gzip.compress, "zlib": zlib.compress}


def shard(tmp_path: Path, compression: str = "none", records=RECORDS) -> Path:
    path = tmp_path / "data.tfrecord"
    path.write_bytes(PACK[compression](b"".join(map(frame_bytes, records))))
    return path


def problem_of(path: Path, compression: str = "none"):
    with pytest.raises(DataError) as caught:
        list(read_frames(path, compression))
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.file) == ("data/tfrecord", str(path))
    return problem


def test_the_checksum_is_that_of_the_format():
    # The CRC32C of "123456789" is 0xe3069283; the mask rotates it by 15 bits and adds a constant.
    rotated = (0xE3069283 >> 15 | 0xE3069283 << 17) & 0xFFFFFFFF
    assert masked_crc(b"123456789") == (rotated + 0xA282EAD8) & 0xFFFFFFFF


@pytest.mark.parametrize("compression", PACK)
def test_records_come_back_with_their_places(tmp_path, compression):
    path = shard(tmp_path, compression)
    assert detect_compression(path) == compression
    frames = list(read_frames(path, compression))
    assert [frame.data for frame in frames] == RECORDS
    if compression == "none":
        with path.open("rb") as file:
            found = [read_frame_at(file, path, i, frame.offset, len(frame.data)) for i, frame in enumerate(frames)]
        assert found == RECORDS


@pytest.mark.parametrize("compression", PACK)
def test_an_empty_shard_has_no_records(tmp_path, compression):
    assert list(read_frames(shard(tmp_path, compression, []), compression)) == []


def test_gzip_members_that_follow_each_other_are_one_shard(tmp_path):
    path = tmp_path / "data.tfrecord.gz"
    path.write_bytes(b"".join(gzip.compress(frame_bytes(record)) for record in RECORDS))
    assert [frame.data for frame in read_frames(path, "gzip")] == RECORDS


@pytest.mark.parametrize("compression", PACK)
def test_a_cut_at_any_byte_is_told(tmp_path, compression):
    path = shard(tmp_path, compression, [b"first", b"second"])
    content = path.read_bytes()
    whole = len(frame_bytes(b"first"))
    for length in range(1, len(content)):
        if compression == "none" and length == whole:
            continue  # a file that ends after a record is whole
        path.write_bytes(content[:length])
        assert problem_of(path, compression).message.startswith("record ")


@given(position=st.integers(0, 2 * 16 + 11 - 1), flip=st.integers(1, 255))
def test_a_changed_byte_is_told(tmp_path_factory, position, flip):
    content = bytearray(frame_bytes(b"first") + frame_bytes(b"second"))
    content[position] ^= flip
    path = tmp_path_factory.mktemp("shard") / "data.tfrecord"
    path.write_bytes(content)
    message = problem_of(path).message
    assert message.startswith("record 0: " if position < len(frame_bytes(b"first")) else "record 1: ")
    assert "checksum" in message


@pytest.mark.parametrize(("real", "said"), [("gzip", "none"), ("zlib", "none"), ("none", "gzip"), ("zlib", "gzip")])
def test_a_wrong_compression_is_told_with_the_right_one(tmp_path, real, said):
    problem = problem_of(shard(tmp_path, real), said)
    assert problem.message.startswith("record 0: ")
    assert problem.hint == f"the file looks like `compression: {real}`; `auto` tells by itself"


def test_a_length_that_looks_like_gzip_is_a_length(tmp_path):
    path = shard(tmp_path, records=[b"x" * 0x088B1F])
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert detect_compression(path) == "none"


def header(num_bytes: int) -> bytes:
    length = struct.pack("<Q", num_bytes)
    return length + FOOTER.pack(masked_crc(length))


def test_a_length_without_bytes_behind_it_takes_no_memory(tmp_path):
    path = tmp_path / "data.tfrecord"
    path.write_bytes(header(MAX_RECORD_BYTES) + b"few")
    tracemalloc.start()
    assert "cut" in problem_of(path).message
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_a_length_beyond_the_limit_is_refused(tmp_path):
    path = tmp_path / "data.tfrecord"
    path.write_bytes(header(MAX_RECORD_BYTES + 1))
    assert "expected at most 2,147,483,647 bytes" in problem_of(path).message


def test_a_record_that_changed_since_is_told(tmp_path):
    path = shard(tmp_path)
    content = bytearray(path.read_bytes())
    content[HEADER.size] ^= 1
    path.write_bytes(content)
    with path.open("rb") as file, pytest.raises(DataError, match="record 0: its bytes don't match"):
        read_frame_at(file, path, 0, HEADER.size, len(RECORDS[0]))


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="a folder"):
        list(read_frames(tmp_path, "none"))
