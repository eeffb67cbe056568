"""Options and how one image decides what is left open."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import ImageHeader
from shapenet.data.images.options import ImageOptions, resolve


@pytest.mark.parametrize(
    ("gray", "bits", "floating", "color", "dtype"),
    [
        (True, 1, False, "gray", "uint8"),
        (False, 8, False, "rgb", "uint8"),
        (True, 9, False, "gray", "uint16"),
        (False, 16, False, "rgb", "uint16"),
        (True, 32, True, "gray", "float32"),
    ],
)
def test_one_image_decides(gray, bits, floating, color, dtype):
    header = ImageHeader("TIFF", 4, 3, gray, bits, floating)
    options = resolve(ImageOptions(size=(2, 2)), header)
    assert options == ImageOptions(size=(2, 2), color=color, dtype=dtype)
    assert options.channels == (1 if gray else 3)


def test_what_is_asked_for_stays():
    asked = ImageOptions(color="rgb", dtype="uint8")
    assert resolve(asked, ImageHeader("TIFF", 4, 3, gray=True, bits=32, floating=True)) == asked


def test_open_options_are_a_mistake_of_the_caller(write):
    data = write.saved(write.Image.new("L", (2, 2)))
    for options in (ImageOptions(), ImageOptions(color="gray"), ImageOptions(dtype="uint8")):
        with pytest.raises(ValueError, match="expected resolved options"):
            decode_image(data, options)
    with pytest.raises(ValueError, match="expected resolved options"):
        _ = ImageOptions().channels


def test_options_load_without_numpy_and_pillow():
    code = "import sys, shapenet.data.images.options; print(sorted({'numpy', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
