"""Roads through a tree: reading, replacing, places."""

from pathlib import Path

import pytest

from shapenet.config.nodes import key_place_of, measure, place_of, to_plain
from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import Place
from shapenet.values import ConfigText

TEXT = """\
seed: 7
model:
  layers:
    - Conv2D: {filters: 32}
    - Flatten
"""


@pytest.fixture
def tree():
    return parse_yaml(TEXT, "a.yaml", Path("/folder"))


def test_text_knows_its_folder(tree):
    plain = to_plain(tree)
    assert plain == {"seed": 7, "model": {"layers": [{"Conv2D": {"filters": 32}}, "Flatten"]}}
    flatten = plain["model"]["layers"][1]
    assert isinstance(flatten, ConfigText)
    assert flatten.base_dir == Path("/folder")


@pytest.mark.parametrize(
    ("key", "value_at", "key_at"),
    [
        ((), (1, 1), (1, 1)),
        (("seed",), (1, 7), (1, 1)),
        (("model", "layers", 0, "Conv2D", "filters"), (4, 25), (4, 16)),
        (("model", "layers", 1), (5, 7), (5, 7)),
        (("model", "layers", 0, "Conv2D", "strides", "x"), (4, 15), (4, 7)),
        (("model", "layers", 2), (4, 5), (3, 3)),
        (("seed", "deeper"), (1, 7), (1, 1)),
        (("nothing",), (1, 1), (1, 1)),
    ],
)
def test_places(tree, key, value_at, key_at):
    assert place_of(tree, key) == Place("a.yaml", *value_at)
    assert key_place_of(tree, key) == Place("a.yaml", *key_at)


def test_measure_counts_what_aliases_repeat():
    assert measure(parse_yaml("a: &x [1, 2]\nb: [*x, *x]", "a", Path())) == (11, 3)
