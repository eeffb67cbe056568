"""Which numbers are told not to follow which augmentations."""

from __future__ import annotations

from typing import Any

import pytest

from shapenet.config.components import parse_component
from shapenet.training.unmoved import unmoved
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
FIELDS = ["centre", "size", "angle"]
TURNED, MOVED, RESIZED = "turned", "moved", "resized"


def told(augmentation: Any, *tasks: dict[str, Any]) -> list[tuple[str, str]]:
    """What images are, and the numbers that stay."""
    made = [parse_component("task", {"regression": task}).create() for task in tasks]
    texts = [problem.message for problem in unmoved([parse_component("augmentation", augmentation)], made)]
    return [(text.split()[2], text.partition("the values of ")[2].partition(" stay")[0]) for text in texts]


@pytest.mark.parametrize("name", ["RandomGrayscale", "RandomErasing", "RandomGaussianBlur"])
def test_what_leaves_everything_in_its_place_is_no_matter(name: str) -> None:
    assert told(name, {"fields": FIELDS, "angles": {"angle": 90}}) == []


@pytest.mark.parametrize(
    ("augmentation", "numbers"),
    [
        ("RandomFlip", [(TURNED, "angle")]),
        ({"RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}}, []),
        ({"RandomZoom": {"height_factor": 0.1}}, [(RESIZED, "size")]),
        ("RandomShear", [(TURNED, "angle"), (RESIZED, "size")]),
        ({"RandomRotation": {"factor": 0.1}}, [(TURNED, "angle")]),
        ("RandAugment", [(TURNED, "angle"), (RESIZED, "size")]),
    ],
)
def test_of_declared_numbers_those_are_told_that_change(augmentation: Any, numbers: list[tuple[str, str]]) -> None:
    task = {"fields": FIELDS, "points": ["centre"], "angles": {"angle": 90}}
    assert told(augmentation, task) == numbers


def test_numbers_of_which_nothing_is_said_may_be_positions() -> None:
    assert told("RandomFlip", {"fields": ["centre", "size"]}) == [(MOVED, "centre, size")]
    assert told("RandomFlip", {"fields": ["centre", "size"], "points": []}) == []
    both = [{"fields": ["x", "y", "count"]}, {"fields": ["x", "y"], "points": [["x", "y"]]}]
    assert told("RandomFlip", *both) == [(MOVED, "count")]
