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


LEARN = """\
name: {name}
task: {task}
data:
  source: {source}
  augment: [RandomInvert]
model: {{layers: [{layers}]}}
training: {{batch_size: 4, epochs: 1}}
"""


@pytest.mark.parametrize(
    ("task", "source", "layers"),
    [
        ("{regression: {fields: [weight]}}", "{csv: {path: list.csv, numbers: [weight]}}", "Flatten"),
        ("reconstruction", "{folder: {path: photos}}", "{Conv2D: {filters: 2, kernel_size: 1}}"),
    ],
    ids=["regression", "reconstruction"],
)
def test_tasks_that_need_no_labels_go_the_whole_way(
    cli, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str, source: str, layers: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for index in range(NUM, 30):
        image = np.random.default_rng(index).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(image).save(photos / f"{index}.png")
    rows = [f"photos/{file.name},{number}" for number, file in enumerate(sorted(photos.iterdir()))]
    Path("list.csv").write_text("\n".join(["path,weight", *rows]) + "\n", encoding="utf-8")
    config = Path("learn.yaml")
    config.write_text(LEARN.format(name="learn", task=task, source=source, layers=layers), encoding="utf-8")
    info = json.loads(cli("data", "info", "--config", config, "--format", "json").out)
    assert (info["num_images"], info["classes"]) == (30, [])
    assert cli("data", "check", "--config", config).code == 0
    assert "without labels" in cli("data", "preview", "--config", config).out
    assert cli("data", "convert", "--config", config, "again.npz", "--to", "npz").code == 0
    trained = cli("train", "--config", config)
    assert trained.code == 0, trained.err
    assert "images" in trained.out
    run = Path("runs/latest").resolve()
    assert json.loads((run / "data" / "classes.json").read_text()) == []
    lines = (run / "data" / "split.csv").read_text().splitlines()
    assert lines[0] == "split,name,label"
    assert all(line.endswith(",") for line in lines[1:])
    assert {"preview.png", "augmented.png"} <= {file.name for file in (run / "data").iterdir()}
    for arguments in (["eval"], ["eval", "--split", "val", "--format", "json"], ["runs", "list"], ["runs", "show"]):
        done = cli(*arguments)
        assert done.code == 0, done.err
