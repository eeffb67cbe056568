"""Which source a path means."""

from __future__ import annotations

import pytest

from shapenet.data.guess import source_for
from shapenet.errors import DataError


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.csv", "csv"), ("A.CSV", "csv"), ("a.tsv", "text"), ("a.txt", "text"),
        ("a.npz", "arrays"), ("a.npy", "arrays"),
        ("train-images-idx3-ubyte", "arrays"), ("train-images-idx3-ubyte.gz", "arrays"),
        ("a.tfrecord", "tfrecord"), ("a.tfrecords.gz", "tfrecord"),
    ],
)  # fmt: skip
def test_files_by_their_ending(tmp_path, name, source):
    (tmp_path / name).touch()
    component = source_for(tmp_path / name)
    assert (component.name, component.arguments["path"]) == (source, tmp_path / name)


@pytest.mark.parametrize(
    ("names", "source", "path"),
    [
        (["cat"], "folder", "."),
        (["x-00000-of-00001.tfrecord", "convert.json"], "tfrecord", "."),
        (["info.csv", "images"], "csv", "info.csv"),
        (["info.csv", "dataset.csv"], "csv", "dataset.csv"),
    ],
)
def test_folders_by_what_is_in_them(tmp_path, names, source, path):
    for name in names:
        (tmp_path / name).touch() if "." in name else (tmp_path / name).mkdir()
    component = source_for(tmp_path)
    assert (component.name, component.arguments["path"]) == (source, tmp_path / path)


def test_what_no_source_reads(tmp_path):
    (tmp_path / "a.doc").touch()
    for name in ("a.doc", "none.csv"):
        with pytest.raises(DataError):
            source_for(tmp_path / name)
