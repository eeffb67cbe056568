"""Sources are asked for the fields that tasks need, however deep they stand in others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.experiment import load_experiment
from shapenet.registry import Component
from shapenet.training.data import open_sources
from shapenet.training.fields import asked_for, batch_fields, needed_fields
from shapenet.vocabulary import load_vocabulary

SHAPES: dict[str, Any] = {"shapes": {"classes": ["square", "star"], "num_images": 8, "size": 8}}
OTHER: dict[str, Any] = {"shapes": {**SHAPES["shapes"], "seed": 1}}
ASKED = ("image", "label", "area", "centre")


def asked(value: object, *fields: str) -> Component:
    load_vocabulary()
    return asked_for(parse_component("source", value), fields)


def test_a_source_is_asked_for_what_is_needed_beside_its_default() -> None:
    assert asked(SHAPES, "label", "area", "centre").create().fields.keys() == set(ASKED)
    assert asked(SHAPES, "image", "label") == parse_component("source", SHAPES)


def test_fields_that_the_config_names_stay() -> None:
    named = {"shapes": {**SHAPES["shapes"], "fields": ["image", "label", "mask"]}}
    assert asked(named, "area").arguments["fields"] == ("image", "label", "mask")


def test_a_field_that_a_source_can_not_give_is_left_to_be_told() -> None:
    assert asked(SHAPES, "area", "weight").arguments["fields"] == ("image", "label", "area")


@pytest.mark.parametrize(
    "value",
    [
        {"take": {"source": SHAPES, "count": 4}},
        {"filter": {"source": SHAPES, "keep": ["square"]}},
        {"concat": {"sources": [SHAPES, OTHER]}},
        {"zip": {"source": SHAPES, "beside": {"other": OTHER}}},
        {"take": {"source": {"concat": {"sources": [{"filter": {"source": SHAPES, "keep": ["star"]}}, OTHER]}}}},
    ],
    ids=["take", "filter", "concat", "zip", "nested"],
)
def test_sources_in_sources_are_asked(value: dict[str, Any]) -> None:
    records = asked(value, "label", "area", "centre").create()
    assert set(ASKED) <= records.fields.keys()
    block = records.read(0, len(records))
    assert len(block["area"]) == len(block["centre"]) == len(records)


def test_what_a_zip_names_itself_is_asked_of_nobody() -> None:
    records = asked({"zip": {"source": SHAPES, "beside": {"area": OTHER}}}, "area").create()
    assert records.fields["area"].shape == (8, 8, 3), "the other source's image"
    assert "area_area" not in records.fields


CONFIG = """\
name: nested
task: {{classification: {{multi_label: true, field: {field}}}}}
data:
  source:
    concat:
      sources:
        - take: {{source: {{shapes: {{classes: [square, star], num_images: 20, size: 8}}}}, count: 10}}
        - shapes: {{classes: [square, star], num_images: 10, size: 8, seed: 3}}
  test: {{shapes: {{classes: [square, star], num_images: 6, size: 8, seed: 4}}}}
model: {{layers: [Flatten]}}
"""


def test_open_sources_asks_all_of_a_config(tmp_path: Path) -> None:
    (tmp_path / "nested.yaml").write_text(CONFIG.format(field="labels"), encoding="utf-8")
    config = load_experiment(tmp_path / "nested.yaml").config
    assert needed_fields(config) == ("image", "labels")
    assert batch_fields(config) == ("image", "labels")
    assert {name: "labels" in records.fields for name, records in open_sources(config).items()} == {
        "train": True, "test": True,
    }  # fmt: skip


def test_a_field_that_no_source_has_is_told_for_each_of_them(tmp_path: Path) -> None:
    (tmp_path / "nested.yaml").write_text(CONFIG.format(field="lables"), encoding="utf-8")
    experiment = load_experiment(tmp_path / "nested.yaml")
    with pytest.raises(ConfigError) as caught, experiment.locating():
        open_sources(experiment.config)
    problem = caught.value.problems[0]
    assert problem.code == "data/no-field"
    assert "classification needs the field 'lables'" in problem.message
    assert problem.place is not None
    assert problem.place.line == 5
