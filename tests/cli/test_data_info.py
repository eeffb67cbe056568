"""The command ``shapenet data info``."""

import json
import os
from pathlib import Path

import pytest

from shapenet.cli.render.console import as_text
from shapenet.cli.render.data_info import info_view
from shapenet.data.inspect.summary import Span, Summary
from shapenet.fields import Field

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CONFIG = """\
name: small
data:
  source: {shapes: {classes: [square, triangle, ring], num_images: 400, size: 16}}
model: {layers: [Flatten]}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_the_figures_of_a_config_are_as_recorded(cli, config, own_cache):
    done = cli("data", "info", "--config", config)
    shown = done.out.partition("store ")
    text = "".join((*shown[:2], "...", shown[2][shown[2].index("\n") :]))
    path = GOLDEN / "data_info.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert str(own_cache) in done.out
    assert done.code == 0


def test_json_has_the_same_figures(cli, config):
    read = json.loads(cli("data", "info", "--config", config, "--format", "json", "-o", "data.limit=300").out)
    assert (read["num_images"], read["splits"]) == (300, {"train": 240, "val": 30, "test": 30})
    assert read["counts"]["train"] == [80, 80, 80]


def summary(**changes):
    values = {
        "described": "x", "num_images": 10, "splits": {}, "classes": ("a", "b"), "counts": {"all": (9, 1)},
        "height": Span(5, 7.5, 2000), "width": Span(8, 8, 8), "fields": {"image": Field("uint16", (None, 8, 1))},
        "mean": (0.5,), "deviation": (0.1,), "num_duplicates": 1, "stores": ("s",), "num_bytes": 2048,
    }  # fmt: skip
    return Summary(**{**values, **changes})


def test_sizes_that_vary_show_their_range():
    text = as_text(info_view(summary()))
    assert "10 of height 5 to 2,000, width 8, median 8 x 8, gray, 16 bits" in text
    assert "image uint16 ? x 8 x 1" in text
    assert "duplicates  1 (10.00%)" in text
    assert "2.0 KiB in s" in text


def test_floating_point_has_its_own_unit():
    fields = {"image": Field("float32", (4, 8, 2))}
    text = as_text(info_view(summary(fields=fields, mean=(3.0, 4.0), deviation=(1.0, 2.0))))
    assert "channel 0 mean 3.0000, standard deviation 1.0000\n" in text
    assert "2 channels, 32-bit floating point" in text


def test_of_many_classes_the_largest_and_smallest_are_shown():
    counts = tuple(range(100))
    names = tuple(f"class {number}" for number in range(100))
    text = as_text(info_view(summary(classes=names, counts={"all": counts}, num_images=sum(counts))))
    assert "class 99" in text
    assert "class 0" in text
    assert "class 50" not in text
    assert "of 100 classes" in text


def test_names_stay_where_space_is_short():
    text = as_text(info_view(summary(splits={"train": 5, "val": 5}, counts={"train": (4, 1), "val": (4, 1)})), width=50)
    assert max(map(len, text.splitlines())) <= 50
    assert "\na  " in text


def test_it_fits_80_columns():
    text = as_text(info_view(summary(classes=("a" * 200, "b"), described="d" * 50)), width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert "█" * 20 in text
