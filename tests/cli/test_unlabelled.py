"""Images of which nothing says the class can be looked at, packed and converted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NUM = 12


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of images, without folders of classes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(NUM):
        Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(folder / f"{index:02d}.png")
    return folder


@pytest.fixture(params=["folder", "csv", "npz", "tfrecord"])
def data(request: pytest.FixtureRequest, photos: Path, cli) -> Path:
    """The same images in one of the forms that `data convert` writes."""
    out = photos.parent / ("out.npz" if request.param == "npz" else "out")
    done = cli("data", "convert", photos, out, "--to", request.param)
    assert done.code == 0, done.err
    return out


def test_every_form_is_read_back_without_labels(cli, data: Path, photos: Path) -> None:
    shown = json.loads(cli("data", "info", data, "--format", "json").out)
    assert (shown["num_images"], shown["classes"], shown["counts"]) == (NUM, [], {"all": []})
    as_it_was = json.loads(cli("data", "info", photos, "--format", "json").out)
    assert (shown["mean"], shown["deviation"]) == (as_it_was["mean"], as_it_was["deviation"])


def test_nothing_but_images_is_written(data: Path) -> None:
    if data.suffix == ".npz":
        with np.load(data) as arrays:
            assert not set(arrays) & {"labels", "classes"}
    elif (data / "dataset.csv").exists():
        assert "label" not in (data / "dataset.csv").read_text()
    elif not list(data.glob("*.tfrecord")):
        assert len(list(data.glob("*.png"))) == NUM


def test_a_deflated_npz_goes_the_same_way(cli, photos: Path) -> None:
    out = photos.parent / "small.npz"
    assert cli("data", "convert", photos, out, "--to", "npz", "--compression", "gzip").code == 0
    assert cli("data", "pack", out).code == 0


def test_info_says_it_and_shows_no_table(cli, photos: Path) -> None:
    done = cli("data", "info", photos)
    assert done.code == 0
    assert "classes     none: nothing says the class of an image\n" in done.out
    assert "share" not in done.out


def test_check_notes_it_and_looks_at_the_images(cli, photos: Path) -> None:
    (photos / "again.png").write_bytes((photos / "03.png").read_bytes())
    done = cli("data", "check", photos, "--format", "json")
    assert done.code == 0
    findings = {finding["code"]: finding["severity"] for finding in json.loads(done.out)["findings"]}
    assert findings["data/unlabelled"] == "note"
    assert findings["data/duplicate"] == "warning"
    assert not findings.keys() & {"data/single-class", "data/few", "data/class-names"}
    assert "no labels" in cli("data", "check", photos).out


def test_preview_says_it(cli, photos: Path, tmp_path: Path) -> None:
    done = cli("data", "preview", photos, "--num", 5, "--out", tmp_path / "sheet.png")
    assert done.code == 0
    assert f"5 of {NUM} images, without labels" in done.out
    assert Image.open(tmp_path / "sheet.png").width > 100


def test_pack_packs(cli, photos: Path) -> None:
    done = cli("data", "pack", photos)
    assert (done.code, f"{NUM} images" in done.out) == (0, True)


def test_an_image_beside_the_folders_of_classes_is_still_told(cli, photos: Path) -> None:
    (photos / "cats").mkdir()
    (photos / "00.png").rename(photos / "cats" / "00.png")
    done = cli("data", "check", photos)
    assert done.code == 3
    assert f"found {NUM - 1} beside the folders" in done.err
