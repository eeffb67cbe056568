"""Tests of what the values of masks stand for."""

from __future__ import annotations

import numpy as np
import pytest

from shapenet.errors import DataError
from shapenet.tasks.segmentation.classes import UNKNOWN, MaskClasses, classes_of_mask
from shapenet.tasks.segmentation.pixels import IGNORED


def classes(*values: int, given: tuple[str, ...] | None = None, known: tuple[str, ...] = (), ignore: int | None = None):
    return classes_of_mask("mask", np.bincount(values), given=given, known=known, ignore=ignore)


def test_black_and_white_files_have_two_classes() -> None:
    assert classes(0, 255) == MaskClasses(("background", "foreground"), (0, 255), None)
    assert classes(0, 255, given=("skin", "mole")) == MaskClasses(("skin", "mole"), (0, 255), None)
    assert classes(255, 255).values == (0, 255)
    assert classes(0, 1).names == ("background", "foreground")
    assert classes(0, 1, 255, ignore=255) == MaskClasses(("background", "foreground"), (0, 1), 255)


def test_names_come_from_the_config_then_the_source_then_the_numbers() -> None:
    assert classes(0, 2, given=("a", "b", "c"), known=("x", "y", "z")).names == ("a", "b", "c")
    assert classes(0, 1, known=("background", "square", "triangle")).names == ("background", "square", "triangle")
    assert classes(0, 3).names == ("0", "1", "2", "3")


def test_table_maps_values_to_class_numbers() -> None:
    table = classes(0, 255).table()
    assert (table[0], table[255], table[1], table[256]) == (0, 1, UNKNOWN, UNKNOWN)
    table = classes(0, 1, 2, 7, ignore=7).table()
    assert table.tolist() == [0, 1, 2, *[UNKNOWN] * 4, IGNORED, UNKNOWN]


@pytest.mark.parametrize(
    ("values", "more", "words"),
    [
        ((0, 1, 4, 4), {"given": ("a", "b")}, r"'mask' holds 4 in 2 pixels .*: expected values 0 to 1 \(a, b\)"),
        ((0, 1, 9), {"given": ("a", "b"), "ignore": 3}, r"expected values 0 to 1, or 3 for pixels that don't count"),
        ((0, 255, 255), {"given": ("a", "b", "c")}, r"holds 255 in 2 pixels"),
        ((0, 1, 2, 255), {}, r"holds 4 values up to 255: which of them are classes"),
        (tuple(range(256)), {}, r"holds 256 values up to 255"),
        ((0, 77, 255), {"given": ("a", "b")}, r"holds 77 in 1 pixel .*: expected values 0 and 255"),
        ((0, 0), {}, r"nothing but 0 in the train split"),
        ((7, 7), {"ignore": 7}, r"nothing but 7, which does not count"),
    ],
)
def test_values_outside_are_told(values: tuple[int, ...], more: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        classes(*values, **more)
