"""Generated folders: complete, equal for any worker count, never overwritten."""

import csv
import hashlib

import numpy as np
import pytest
from PIL import Image

from shapenet.data.shapes import files
from shapenet.data.shapes.files import generate_folder
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import render
from shapenet.errors import ConfigError, MachineError


def parameters(num_images=6, classes=("square", "ring"), **more):
    return ShapesParameters(classes=classes, num_images=num_images, size=16, **more)


def digest(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_two_workers_write_the_same_bytes_as_one(tmp_path):
    one = generate_folder(parameters(300), tmp_path / "one", num_workers=1)
    two = generate_folder(parameters(300), tmp_path / "two", num_workers=2)
    assert digest(one.path) == digest(two.path)
    assert len(digest(one.path)) == 300 + 7


def test_one_shape_makes_a_list_and_images(tmp_path):
    made = generate_folder(parameters(3, ["ring"]), tmp_path / "rings")
    assert made.dataset == tmp_path / "rings" / "info.csv"
    assert made.infos == (made.dataset,)
    assert made.dataset.read_bytes() == (
        b"name,path,label\n"
        b"ring-000000,images/ring-000000.png,ring\n"
        b"ring-000001,images/ring-000001.png,ring\n"
        b"ring-000002,images/ring-000002.png,ring\n"
    )
    assert sorted(p.name for p in made.path.iterdir()) == ["images", "info.csv", "manifest.jsonl", "shapes.json"]


def test_several_shapes_make_a_folder_each_and_one_list(tmp_path):
    made = generate_folder(parameters(6), tmp_path / "both")
    assert sorted(p.name for p in made.path.iterdir()) == [
        "dataset.csv",
        "manifest.jsonl",
        "ring",
        "shapes.json",
        "square",
    ]
    assert [len(rows(info)) for info in made.infos] == [3, 3]
    listed = rows(made.dataset)
    assert [row["label"] for row in listed] == ["square"] * 3 + ["ring"] * 3
    assert [row["name"] for row in listed] == [row["name"] for info in made.infos for row in rows(info)]
    assert all((made.path / row["path"]).is_file() for row in listed)
    image = np.asarray(Image.open(made.path / listed[4]["path"]))
    np.testing.assert_array_equal(image, render(parameters(6), 3)[0])


def test_progress_counts_every_image(tmp_path):
    counts = []
    generate_folder(parameters(300), tmp_path / "out", num_workers=1, progress=counts.append)
    assert sum(counts) == 300
    assert len(counts) > 1


def test_an_interruption_leaves_nothing(tmp_path):
    def interrupt(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_folder(parameters(600), tmp_path / "out", num_workers=2, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_shapes_is_replaced_only_if_asked(tmp_path):
    out = tmp_path / "out"
    generate_folder(parameters(), out)
    before = digest(out)
    with pytest.raises(ConfigError, match="--force"):
        generate_folder(parameters(seed=1), out)
    assert digest(out) == before
    generate_folder(parameters(4, ["star"]), out, replace=True)
    assert len(digest(out)) == 4 + 3
    assert list(tmp_path.iterdir()) == [out]


def test_a_failed_replacement_leaves_the_old_folder(tmp_path, monkeypatch):
    out = tmp_path / "out"
    generate_folder(parameters(), out)
    before = digest(out)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "encode_png", full)
    with pytest.raises(MachineError, match="No space left"):
        generate_folder(parameters(seed=1), out, replace=True)
    assert digest(out) == before
    assert list(tmp_path.iterdir()) == [out]


def test_what_another_process_made_meanwhile_stays(tmp_path):
    out = tmp_path / "out"

    def be_second(count):
        if not out.exists():
            generate_folder(parameters(seed=1), out)

    with pytest.raises(ConfigError, match="already"):
        generate_folder(parameters(), out, progress=be_second)
    assert digest(out) == digest(generate_folder(parameters(seed=1), tmp_path / "same").path)


@pytest.mark.parametrize("replace", [False, True])
def test_what_others_made_is_never_touched(tmp_path, replace):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("draft")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    for out in (tmp_path / "mine", tmp_path / "link", tmp_path / "mine" / "thesis.txt"):
        with pytest.raises(ConfigError):
            generate_folder(parameters(), out, replace=replace)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "draft"


def test_an_empty_folder_may_be_there(tmp_path):
    out = tmp_path / "with space, é"
    out.mkdir()
    assert len(rows(generate_folder(parameters(), out).dataset)) == 6
