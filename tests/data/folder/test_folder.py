"""Folders as sources: classes, splits, masks, and what stands in the wrong place."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from shapenet.data.folder.source import folder
from shapenet.data.pack import open_packed
from shapenet.errors import DataError


def save(path, value=0, size=(3, 2)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)


@pytest.fixture
def classes(tmp_path):
    """Two classes: cat with two images, one of them deeper, dog with one, and what must be passed over."""
    root = tmp_path / "pets"
    save(root / "dog" / "1.png", 30)
    save(root / "cat" / "2.JPG", 20, (3, 2))
    save(root / "cat" / "more" / "1.png", 10)
    (root / "cat" / "notes.txt").write_text("cats")
    save(root / "cat" / ".hidden.png")
    save(root / ".cache" / "a.png")
    return root


def test_class_folders(classes):
    records = folder(path=classes)
    assert records.classes == ("cat", "dog")
    assert [records.name_of(i) for i in range(3)] == ["cat/2.JPG", "cat/more/1.png", "dog/1.png"]
    assert records.label_of().tolist() == [0, 0, 1]
    assert records.read(1, 3)["image"][:, 0, 0, 0].tolist() == [10, 30]
    assert records.columns == {"folder": ["cat", "cat/more", "dog"]}


def test_split_folders_become_a_column(tmp_path):
    for place in ("train/a/1", "train/b/1", "validation/a/2", "test/b/3"):
        save(tmp_path / f"{place}.png")
    records = folder(path=tmp_path)
    assert records.classes == ("a", "b")
    assert records.columns["split"] == ["test", "train", "train", "val"]
    assert records.label_of().tolist() == [1, 0, 1, 0]


def test_masks_have_the_path_of_their_image(classes, tmp_path):
    for name in ("cat/2", "cat/more/1", "dog/1"):
        save(tmp_path / "masks" / f"{name}.png", 7)
    with pytest.raises(DataError, match="lie out of"):
        folder(path=classes, masks=tmp_path / "masks")
    records = folder(path=classes, masks=tmp_path / "masks", allow_outside=True)
    assert np.unique(records.read(0, 3)["mask"]).tolist() == [7]
    (tmp_path / "masks" / "dog" / "1.png").unlink()
    with pytest.raises(DataError, match=r"found none for 1 of 3\n  dog/1\.png"):
        folder(path=classes, masks=tmp_path / "masks", allow_outside=True)


def test_images_beside_the_class_folders(classes):
    save(classes / "stray.png")
    with pytest.raises(DataError, match=r"found 1 beside the folders\n  stray\.png"):
        folder(path=classes)


@pytest.mark.parametrize("name", ["none", "empty", "flat", "flat/1.png"])
def test_folders_without_classes(tmp_path, name):
    (tmp_path / "empty").mkdir()
    save(tmp_path / "flat" / "1.png")
    with pytest.raises(DataError) as caught:
        folder(path=tmp_path / name)
    assert caught.value.problems[0].code == "data/folder"


def test_links(classes, tmp_path):
    save(tmp_path / "elsewhere.png")
    (classes / "dog" / "loop").symlink_to(classes)
    (classes / "dog" / "2.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(DataError, match=r"dog/2\.png \(a link\)"):
        folder(path=classes)
    assert len(folder(path=classes, allow_outside=True)) == 4


def test_a_damaged_image_is_named_by_its_path(classes):
    (classes / "dog" / "1.png").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        folder(path=classes).read(0, 3)
    assert caught.value.problems[0].place.file == str(classes / "dog" / "1.png")


def test_classes_whose_bytes_are_no_text_can_be_written_anywhere(tmp_path):
    for name in (b"caf\xe9", b"bar"):
        save(tmp_path / "data" / os.fsdecode(name) / "1.png")
    records = folder(path=tmp_path / "data")
    assert records.classes == ("bar", r"caf\xe9")
    assert records.columns["folder"] == ["bar", r"caf\xe9"]
    assert records.name_of(1).encode("utf-8", "surrogateescape") == b"caf\xe9/1.png"
    assert open_packed(records, tmp_path / "cache").meta.classes == records.classes
