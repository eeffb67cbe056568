"""The lists of a generated folder: manifests with all facts, columns and files of masks and clean images."""

import csv
import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from shapenet.data.shapes.colours import hexadecimal
from shapenet.data.shapes.files import generate_folder
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.data.shapes.sampling import draw_facts
from shapenet.data.shapes.truth import visible_areas

EVERYTHING = {
    "num_shapes": [1, 4], "clutter": [0, 4], "occlusion": [0.0, 0.5], "blur": [0.0, 0.02], "hand_drawn": 0.5,
    "paper": 0.5, "outline": 0.3, "distractors": [0, 2],
}  # fmt: skip


def parameters(num_images=6, classes=("square", "ring"), **more):
    return ShapesParameters(classes=classes, num_images=num_images, size=24, **more)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def digest(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


def test_a_manifest_tells_all_facts(tmp_path):
    made = generate_folder(parameters(20, **EVERYTHING), tmp_path / "out")
    joined = lines(made.path / "manifest.jsonl")
    assert [line["index"] for line in joined] == [*range(0, 20, 2), *range(1, 20, 2)]
    for line in joined:
        drawing = draw_facts(parameters(20, **EVERYTHING), line["index"])
        assert line["background"] == hexadecimal(drawing.background)
        assert line["label"] == drawing.main.shape == line["shapes"][-1]["class"]
        assert line["blur"] == pytest.approx(drawing.blur, abs=1e-3)
        assert line["occlusion"] == pytest.approx(drawing.occluder.hidden if drawing.occluder else 0, abs=1e-3)
        assert (line["clutter"], line["distractors"], line["noise"]) == (len(drawing.clutter), len(drawing.marks), 0.02)
        for found, shape, area in zip(line["shapes"], drawing.shapes, visible_areas(drawing, 24), strict=True):
            assert found == {
                "class": shape.shape,
                "centre": pytest.approx(shape.centre, abs=1e-3),
                "size": pytest.approx(shape.size, abs=1e-3),
                "angle": pytest.approx(shape.angle, abs=1e-3),
                "symmetry": shape.symmetry,
                "area": pytest.approx(area, abs=1e-3),
                "foreground": hexadecimal(shape.foreground),
                "line_width": shape.line_width and pytest.approx(shape.line_width, abs=1e-3),
                "hand_drawn": bool(shape.strokes),
            }


def test_each_shape_has_a_manifest_with_paths_of_its_own(tmp_path):
    made = generate_folder(parameters(), tmp_path / "both", masks=True, clean=True)
    joined = lines(made.path / "manifest.jsonl")
    for number, info in enumerate(made.infos):
        own = lines(info.with_name("manifest.jsonl"))
        assert [line["path"] for line in own] == [row["path"] for row in rows(info)]
        for line, whole in zip(own, joined[3 * number : 3 * number + 3], strict=True):
            for column in ("path", "mask", "clean"):
                assert (info.parent / line[column]).samefile(made.path / whole.pop(column))
                del line[column]
            assert line == whole


def test_one_shape_has_one_manifest(tmp_path):
    made = generate_folder(parameters(3, ["ring"]), tmp_path / "rings")
    assert [line["path"] for line in lines(made.path / "manifest.jsonl")] == [row["path"] for row in rows(made.dataset)]


@pytest.mark.parametrize(("masks", "clean"), [(False, False), (True, False), (False, True), (True, True)])
def test_masks_and_clean_images_are_files_and_columns(tmp_path, masks, clean):
    made = generate_folder(parameters(6, **EVERYTHING), tmp_path / "out", masks=masks, clean=clean)
    expected = ["name", "path", "label", *["mask"] * masks, *["clean"] * clean]
    block = ShapesRecords(parameters(6, **EVERYTHING), ("image", "label", "mask", "clean")).read(0, 6)
    for path in (made.dataset, *made.infos):
        for row in rows(path):
            assert list(row) == expected
            label, number = row["name"].split("-")
            index = 2 * int(number) + ["square", "ring"].index(label)
            for column, field in (("path", "image"), ("mask", "mask"), ("clean", "clean")):
                if column in row:
                    image = np.asarray(Image.open(path.parent / row[column]))
                    np.testing.assert_array_equal(image.reshape(block[field][index].shape), block[field][index])
    assert sorted(p.name for p in made.infos[0].parent.iterdir()) == sorted(
        ["images", "info.csv", "manifest.jsonl", *["masks"] * masks, *["clean"] * clean]
    )


def test_two_workers_write_the_same_bytes_as_one_with_every_dial(tmp_path):
    made = [
        generate_folder(parameters(300, **EVERYTHING), tmp_path / str(n), masks=True, clean=True, num_workers=n)
        for n in (1, 2)
    ]
    one, two = (digest(folder.path) for folder in made)
    assert one == two
    assert len(one) == 3 * 300 + 7
