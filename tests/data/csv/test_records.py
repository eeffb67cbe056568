"""Records of a CSV: classes, keys, duplicates, reading, and images that are at fault."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from pydantic import ConfigDict, TypeAdapter, ValidationError

from shapenet.data.csv.source import Delimiter
from shapenet.data.pack import open_packed
from shapenet.errors import DataError, Place
from shapenet.fields import Field
from shapenet.registry import REGISTRIES

THREE = "path,label\na.png,x\nb.png,y\nc.png,x\n"


def test_reads_what_the_csv_says(load, folder):
    records = load(THREE)
    assert len(records) == 3
    assert records.fields == {"image": Field("uint8", (4, 5, 1)), "label": Field("int64", ())}
    assert records.classes == ("x", "y")
    assert records.describe == str(folder / "info.csv")
    assert records.warnings == ()
    assert records.label_of().tolist() == [0, 1, 0]
    assert [records.name_of(index) for index in range(3)] == ["a.png", "b.png", "c.png"]
    block = records.read(1, 3)
    assert block["image"].dtype == np.uint8
    assert block["image"].shape == (2, 4, 5, 1)
    assert block["image"][:, 0, 0, 0].tolist() == [2, 3]
    assert block["label"].tolist() == [1, 0]
    assert records.read(2, 2)["image"].shape == (0, 4, 5, 1)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (("10", "9", "-1"), ("-1", "9", "10")),
        (("10", "9", "x"), ("10", "9", "x")),
        (("no", "yes", "no"), ("no", "yes")),
        ((" b", "a ", "b"), ("a", "b")),
    ],
)
def test_order_of_classes(load, labels, classes):
    rows = zip("abc", labels, strict=True)
    records = load("path,label\n" + "".join(f"{name}.png,{label}\n" for name, label in rows))
    assert records.classes == classes
    assert [classes[index] for index in records.label_of()] == [label.strip() for label in labels]


def test_columns_by_default_and_by_name(load):
    content = "name,class,path,kind\nsquare,x,a.png,1\nsquare,y,b.png,2\n"
    assert load(content).classes == ("x", "y")
    assert load(content, label_column="kind").classes == ("1", "2")
    assert load("who;what\na.png;x\n", image_column="who", label_column="what", delimiter=";").classes == ("x",)
    with pytest.raises(DataError, match="label, class, target, category"):
        load("name,path\nsquare,a.png\n")


@pytest.mark.parametrize("label", ["", "  ", "nan", "NaN"])
def test_empty_and_nan_labels(load, label):
    with pytest.raises(DataError) as caught:
        load(f"path,label\na.png,1\nb.png,{label}\n")
    (problem,) = caught.value.problems
    assert problem.code == "data/label"
    assert problem.place.line == 3


def test_empty_path(load):
    with pytest.raises(DataError) as caught:
        load("path,label\na.png,1\n,1\n")
    assert caught.value.problems[0].place.line == 3


def test_the_same_image_again_is_a_warning(load):
    records = load("path,label\na.png,x\nb.png,y\n./a.png,x\n")
    (warning,) = records.warnings
    assert "line 4: ./a.png, as in line 2" in warning
    assert len(records) == 3


def test_the_same_image_with_another_label_is_an_error(load):
    with pytest.raises(DataError) as caught:
        load("path,label\na.png,x\nb.png,y\na.png,y\n")
    (problem,) = caught.value.problems
    assert problem.place.line == 4
    assert "a.png is y, but x in line 2" in problem.message


def test_key_follows_all_that_decides_the_content(load, folder):
    key = load(THREE).key
    assert load(THREE).key == key
    assert load(THREE.replace("\n", "\r\n")).key == key
    others = [load(THREE, size=4).key, load(THREE, color="rgb").key, load(THREE.replace("c.png,x", "c.png,y")).key]
    status = (folder / "a.png").stat()
    os.utime(folder / "a.png", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    others.append(load(THREE).key)
    assert len({key, *others}) == 5


def test_equal_names_sizes_and_times_in_two_folders_are_not_the_same_data(load, folder):
    from shapenet.data.csv.source import csv

    key = load(THREE).key
    shutil.copytree(folder, folder.parent / "elsewhere")  # with the times of change
    assert csv(path=folder.parent / "elsewhere" / "info.csv").key != key


def test_pickled_records_read_the_same(load):
    records = load(THREE)
    copy = pickle.loads(pickle.dumps(records))  # noqa: S301
    assert copy.key == records.key
    np.testing.assert_array_equal(copy.read(0, 3)["image"], records.read(0, 3)["image"])


def test_images_of_another_size_are_listed_and_size_resizes_them(load, folder):
    Image.new("L", (8, 6), 7).save(folder / "b.png")
    records = load(THREE)
    with pytest.raises(DataError) as caught:
        records.read(0, 3)
    (problem,) = caught.value.problems
    assert problem.place.line == 3
    assert "b.png: expected 4 x 5 pixels (height x width) like the first image, received 6 x 8" in problem.message
    assert "`size: [4, 5]`" in problem.hint
    assert load(THREE, size=(2, 3)).read(0, 3)["image"].shape == (3, 2, 3, 1)
    assert load(THREE, size=3).read(1, 2)["image"].tolist() == np.full((1, 3, 3, 1), 7).tolist()


def test_all_sizes_are_told_in_one_error_with_the_lines_of_the_others(load, folder, tmp_path):
    sizes = [(5, 4)] * 30 + [(8, 6)] * 12 + [(2, 3)]
    for index, size in enumerate(sizes):
        Image.new("L", size, index).save(folder / f"{index}.png")
    rows = "".join(f"{index}.png,{'xy'[index % 2]}\n" for index in range(len(sizes)))
    records = load(f"path,label\n{rows}")
    with pytest.raises(DataError) as caught:
        open_packed(records, tmp_path / "cache")
    (problem,) = caught.value.problems
    first, *lines, more = problem.message.splitlines()
    assert first == (
        "expected 4 x 5 pixels (height x width) like the first image, "
        "received 3 sizes: 4 x 5 (30), 6 x 8 (12), 3 x 2 (1)"
    )
    assert lines == [f"  line {index + 2}: {index}.png is 6 x 8" for index in range(30, 40)]
    assert more == "  and 3 more"
    assert (problem.code, problem.place) == ("data/image-size", Place(records.describe, 32))
    assert problem.hint == "`size: [4, 5]` in the source resizes all images; `size: any` lets them differ"


def test_color_follows_the_first_image_unless_given(load, folder):
    Image.new("RGB", (5, 4), (255, 0, 0)).save(folder / "b.png")
    assert load(THREE).read(1, 2)["image"][0, 0, 0].tolist() == [76]
    assert load(THREE, color="rgb").read(0, 2)["image"][:, 0, 0].tolist() == [[1, 1, 1], [255, 0, 0]]
    swapped = "path,label\nb.png,y\na.png,x\n"
    assert load(swapped).fields["image"].shape == (4, 5, 3)
    assert load(swapped, color="gray").fields["image"].shape == (4, 5, 1)


def test_every_bad_image_of_a_block_is_a_problem_with_its_line(load, folder):
    (folder / "b.png").write_bytes((folder / "b.png").read_bytes()[:-20])
    (folder / "c.png").write_bytes(b"")
    records = load("path,label\na.png,x\nb.png,y\nc.png,x\n")
    with pytest.raises(DataError) as caught:
        records.read(0, 3)
    assert [problem.place.line for problem in caught.value.problems] == [3, 4]
    assert "c.png: expected an image, received an empty file" in caught.value.problems[1].message
    (folder / "b.png").unlink()
    with pytest.raises(DataError, match=r"info\.csv:3: b\.png: No such file"):
        records.read(1, 2)


def test_a_bad_first_image_does_not_decide_the_shape(load, folder):
    (folder / "a.png").write_bytes(b"<html></html>")
    assert load(THREE).fields["image"].shape == (4, 5, 1)
    with pytest.raises(DataError, match="none of the first 1 files of the image"):
        load("path,label\na.png,x\n")


@pytest.mark.parametrize(("annotation", "bad"), [(Delimiter, ["", ",,", '"', "\n"]), (Delimiter | None, ["ab"])])
def test_delimiters_that_can_not_be(annotation, bad):
    adapter = TypeAdapter(annotation, config=ConfigDict(strict=True))
    assert adapter.validate_python("\t") == "\t"
    for value in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


def test_registered_with_its_signature_as_schema():
    parameters = REGISTRIES["source"].get("csv").parameters
    assert [name for name, parameter in parameters.items() if parameter.required] == ["path"]
    assert parameters["color"].default == "auto"


def test_registration_imports_nothing_heavy():
    code = "import sys, shapenet.data.csv.source; print([m for m in ('numpy', 'PIL', 'keras') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
