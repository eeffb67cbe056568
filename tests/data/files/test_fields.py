"""What travels beside images: masks, other images, numbers; and what keeps its depth and size."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from shapenet.data.pack import open_packed
from shapenet.data.records import UnreadableError
from shapenet.errors import ConfigError, DataError
from shapenet.fields import Field


@pytest.fixture
def mask(folder):
    """A palette image of the class numbers 0 to 19 beside a.png, b.png and c.png, which are as large."""
    numbers = np.arange(20, dtype=np.uint8).reshape(4, 5)
    image = Image.fromarray(numbers, "P")
    image.putpalette([255, 0, 0] * 256)
    image.save(folder / "mask.png")
    return numbers


ROWS = "path,label,mask,clean,age\na.png,x,mask.png,c.png,1.5\nb.png,y,mask.png,a.png,-2e3\n"


def test_masks_images_and_numbers_travel_beside_the_image(load, mask, tmp_path):
    records = load(ROWS, masks=("mask",), images=("clean",), numbers=("age",))
    assert records.fields == {
        "image": Field("uint8", (4, 5, 1)),
        "label": Field("int64", ()),
        "clean": Field("uint8", (4, 5, 1)),
        "mask": Field("uint8", (4, 5, 1)),
        "age": Field("float32", ()),
    }
    store = open_packed(records, tmp_path / "cache")
    np.testing.assert_array_equal(store["mask"][1, ..., 0], mask)
    assert store["clean"][:, 0, 0, 0].tolist() == [3, 1]
    assert store["age"].tolist() == [1.5, -2000.0]
    assert records.columns["age"] == ["1.5", "-2e3"]


def test_masks_are_resized_without_mixing_numbers(load, mask):
    records = load(ROWS, masks=("mask",), size=(8, 10))
    resized = records.read(0, 1)["mask"][0, ..., 0]
    np.testing.assert_array_equal(resized, np.kron(mask, np.ones((2, 2), np.uint8)))


def test_a_mask_in_colour_or_of_another_size_is_refused(load, mask, folder):
    Image.new("L", (5, 5)).save(folder / "wide.png")
    Image.new("RGB", (5, 4)).save(folder / "colour.png")
    rows = ROWS + "c.png,x,wide.png,c.png,0\nc.png,x,colour.png,c.png,0\n"
    with pytest.raises(UnreadableError) as caught:
        load(rows, masks=("mask",)).read(0, 4)
    first, second = caught.value.problems
    assert caught.value.faults == {2: first, 3: second}
    assert "wide.png: expected 4 x 5 pixels" in first.message
    assert "gray levels or palette indices" in second.message
    assert (first.place.line, second.place.line) == (4, 5)


@pytest.mark.parametrize("number", ["", "nan", "inf", "one", "1,5"])
def test_numbers_must_be_finite(load, number):
    with pytest.raises(DataError) as caught:
        load(f'path,label,age\na.png,x,1\nb.png,y,"{number}"\n', numbers=("age",))
    assert (caught.value.problems[0].code, caught.value.problems[0].place.line) == ("data/number", 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"masks": ("maks",)}, "did you mean mask"),
        ({"images": ("label",)}, "images: expected a name .*none of content, image, label; received 'label'"),
        ({"masks": ("mask",), "images": ("mask",)}, "expected the column 'mask' in one of images, masks and numbers"),
        ({"numbers": ("age", "age")}, "numbers: expected every name once"),
    ],
)
def test_columns_that_can_not_become_fields(load, mask, arguments, message):
    with pytest.raises((ConfigError, DataError), match=message):
        load(ROWS, **arguments)


@pytest.mark.parametrize("name", ["../clean", "_clean", "image.shapes", "clean image"])
def test_names_that_fields_cant_bear(load, mask, name):
    with pytest.raises(ConfigError, match=f"images: expected a name of letters.*received '{name}'"):
        load(ROWS.replace("clean", name), images=(name,))


def test_sixteen_bits_keep_their_depth(load, folder, tmp_path):
    values = np.array([[0, 1, 256, 65535, 40000]] * 4, np.uint16)
    Image.fromarray(values).save(folder / "a.png")
    store = open_packed(load("path,label\na.png,x\nb.png,y\n"), tmp_path / "cache")
    assert store["image"].dtype == np.uint16
    np.testing.assert_array_equal(store["image"][0, ..., 0], values)
    assert (store["image"][1] == 2 * 257).all()
    assert load("path,label\na.png,x\n", dtype="uint8").read(0, 1)["image"][0, 0, :, 0].tolist() == [0, 0, 1, 255, 156]


def test_sizes_may_vary_if_that_is_said(load, folder, mask, tmp_path):
    Image.new("L", (9, 3), 8).save(folder / "b.png")
    rows = "path,label\na.png,x\nb.png,y\nc.png,x\n"
    with pytest.raises(UnreadableError, match="`size: any` lets them differ"):
        load(rows).read(0, 3)
    records = load(rows, size="any")
    assert records.fields["image"] == Field("uint8", (None, None, 1))
    images = open_packed(records, tmp_path / "cache").ragged("image")
    assert images.shapes.tolist() == [[4, 5, 1], [3, 9, 1], [4, 5, 1]]
    assert (images[1] == 8).all()
    with pytest.raises(UnreadableError, match=r"mask\.png: expected the image's size 3 x 9, received 4 x 5"):
        load("path,label,mask\na.png,x,mask.png\nb.png,y,mask.png\n", size="any", masks=("mask",)).read(0, 2)


def test_fit_keeps_the_aspect_so_that_sizes_vary(load, folder):
    Image.new("L", (8, 4), 8).save(folder / "b.png")
    records = load("path,label\na.png,x\nb.png,y\n", size=10, resize="fit")
    assert [image.shape for image in records.read(0, 2)["image"]] == [(8, 10, 1), (5, 10, 1)]
    assert load("path,label\nb.png,y\n", size=8, resize="pad").read(0, 1)["image"][0, :, 0, 0].tolist() == [
        0,
        0,
        8,
        8,
        8,
        8,
        0,
        0,
    ]


def test_animations_give_their_first_frame_and_one_note_that_counts_them(load, folder, tmp_path):
    frames = [Image.new("L", (5, 4), value) for value in (100, 200)]
    for name, kind in (("a.png", "GIF"), ("b.png", "WEBP"), ("c.png", "PNG")):
        frames[0].save(folder / name, kind, save_all=True, append_images=frames[1:], lossless=True)
    store = open_packed(load("path,label\na.png,x\nb.png,y\nc.png,x\n", color="gray"), tmp_path / "cache")
    assert store.meta.notes == {"have several frames or pages: the first one is used": 3}
    assert np.abs(store["image"].astype(int) - 100).max() <= 1
