"""Tests of what the values of masks stand for."""

from __future__ import annotations

import re

import numpy as np
import pytest

from shapenet.errors import DataError
from shapenet.tasks.segmentation.classes import UNKNOWN, MaskClasses, classes_of_mask, unknown_value
from shapenet.tasks.segmentation.pixels import IGNORED


def classes(
    *values: int, given: tuple[str, ...] | None = None, labels: tuple[str, ...] = (), ignore: int | None = None
):
    return classes_of_mask("mask", np.bincount(values), given=given, labels=labels, ignore=ignore)


def test_black_and_white_files_have_two_classes() -> None:
    assert classes(0, 255) == MaskClasses(("background", "foreground"), (0, 255), None)
    assert classes(0, 255, given=("skin", "mole")) == MaskClasses(("skin", "mole"), (0, 255), None)
    assert classes(255, 255).values == (0, 255)
    assert classes(0, 1).names == ("background", "foreground")
    assert classes(0, 1, 255, ignore=255) == MaskClasses(("background", "foreground"), (0, 1), 255)


def test_names_come_from_the_config_then_the_labels_then_the_numbers() -> None:
    assert classes(0, 2, given=("a", "b", "c"), labels=("x", "y")).names == ("a", "b", "c")
    assert classes(0, 2, labels=("square", "triangle")).names == ("background", "square", "triangle")
    assert classes(0, 1, labels=("square",)).names == ("background", "square")
    assert classes(0, 1, labels=("ill", "healthy")).names == ("background", "foreground")
    assert classes(0, 255, labels=("ill", "healthy")).names == ("background", "foreground")
    assert classes(0, 3).names == ("0", "1", "2", "3")


def test_table_maps_values_to_class_numbers() -> None:
    table = classes(0, 255).table()
    assert (table[0], table[255], table[1], table[256]) == (0, 1, UNKNOWN, UNKNOWN)
    table = classes(0, 1, 2, 7, ignore=7).table()
    assert table.tolist() == [0, 1, 2, *[UNKNOWN] * 4, IGNORED, UNKNOWN]


@pytest.mark.parametrize(
    ("values", "more", "words"),
    [
        ((0, 1, 2, 255), {}, "holds 4 values up to 255: which of them are classes"),
        (tuple(range(256)), {}, "holds 256 values up to 255"),
        ((0, 0), {}, "nothing but 0 in the train split"),
        ((7, 7), {"ignore": 7}, "nothing but 7, which does not count"),
    ],
)
def test_values_that_do_not_tell_the_classes(values: tuple[int, ...], more: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        classes(*values, **more)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (classes(0, 1, given=("a", "b")), r"holds 4 in 12.png: expected values 0 to 1 \(a, b\)"),
        (classes(0, 9, given=("a", "b"), ignore=9), "expected values 0 to 1, or 9 for pixels that don't count"),
        (classes(0, 77, 255, given=("a", "b")), "expected values 0 and 255"),
        (classes(0, 255, given=("a", "b", "c")), r"expected values 0 to 2 \(a, b, c\)"),
    ],
)
def test_values_outside_are_told(made: MaskClasses, words: str) -> None:
    assert re.search(words, str(unknown_value("mask", 4, made, "12.png")))
