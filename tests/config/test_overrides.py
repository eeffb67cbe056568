"""Values of the command line laid over a tree."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.config.nodes import key_place_of, place_of, to_plain
from shapenet.config.overrides import apply_overrides
from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, Place

TEXT = """\
seed: 7
optimizer: {Adam: {learning_rate: 1e-3}}
loss: Hinge
data: {source: {shapes: {size: 8}}, augment: []}
model: {layers: [{Conv2D: {filters: 32}}, Flatten]}
"""


def applied(*overrides):
    return apply_overrides(parse_yaml(TEXT, "a.yaml", Path("/folder")), overrides, Path("/here"))


@pytest.mark.parametrize(
    ("override", "section", "result"),
    [
        ("seed=8", "seed", 8),
        ("seed=null", "seed", None),
        ("new.deep.key=[1, {a: b}]", "new", {"deep": {"key": [1, {"a": "b"}]}}),
        ("optimizer=SGD", "optimizer", "SGD"),
        ("optimizer={Adam: {beta_1: 0}}", "optimizer", {"Adam": {"beta_1": 0}}),
        ("optimizer.Adam.beta_1=0", "optimizer", {"Adam": {"learning_rate": 0.001, "beta_1": 0}}),
        ("optimizer.SGD.momentum=1e-1", "optimizer", {"SGD": {"momentum": 0.1}}),
        ("loss.Hinge.name=h", "loss", {"Hinge": {"name": "h"}}),
        ("loss.Huber.delta=1", "loss", {"Huber": {"delta": 1}}),
        ("data.source.csv.path=/a/b c.csv", "data", {"source": {"csv": {"path": "/a/b c.csv"}}, "augment": []}),
        ("model.layers.0.Conv2D.filters=64", "model", {"layers": [{"Conv2D": {"filters": 64}}, "Flatten"]}),
        ("model.layers.0.Dense.units=4", "model", {"layers": [{"Dense": {"units": 4}}, "Flatten"]}),
        ("model.layers.1.Dense.units=4", "model", {"layers": [{"Conv2D": {"filters": 32}}, {"Dense": {"units": 4}}]}),
        (r"new=C:\x", "new", r"C:\x"),
        ("new=#ff0000", "new", "#ff0000"),
        ("new=run #3", "new", "run #3"),
        ("new=a=b", "new", "a=b"),
        ("new=no", "new", "no"),
        ("new='7'", "new", "7"),
        ('new=""', "new", ""),
        (" new = 1 ", "new", 1),
    ],
)
def test_values(override, section, result):
    assert to_plain(applied(override))[section] == result


def test_overrides_apply_in_order():
    tree = applied("optimizer.SGD.momentum=0.9", "optimizer.SGD.learning_rate=1", "seed=1", "seed=2")
    assert to_plain(tree)["optimizer"] == {"SGD": {"momentum": 0.9, "learning_rate": 1}}
    assert to_plain(tree)["seed"] == 2


def test_places_and_folders():
    tree = applied("data.source.csv.path=x.csv", "optimizer.Adam.learning_rate=1")
    place = Place("command line (-o data.source.csv.path=x.csv)")
    assert place_of(tree, ("data", "source", "csv", "path")) == place
    assert key_place_of(tree, ("data", "source", "csv")) == place
    assert key_place_of(tree, ("optimizer", "Adam", "learning_rate")) == Place("a.yaml", 2, 20)
    assert to_plain(tree)["data"]["source"]["csv"]["path"].base_dir == Path("/here")
    assert place_of(tree, ("seed",)) == Place("a.yaml", 1, 7)


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        ("seed", "expected key=value, received 'seed'", "write -o optimizer.Adam.learning_rate=1e-3"),
        ("=1", "expected a dotted key, received ''", "write -o optimizer.Adam.learning_rate=1e-3"),
        ("a..b=1", "expected a dotted key, received 'a..b'", "write -o optimizer.Adam.learning_rate=1e-3"),
        ("a=", "expected a value after 'a='", "a=null sets null, a='\"\"' an empty text"),
        ("model.layers.2=x", "model.layers has 2 items, there is no 2", "the indices are 0 to 1"),
        ("data.augment.0=x", "data.augment has 0 items, there is no 0", "give the whole list: data.augment='[...]'"),
        ("model.layers.x=1", "model.layers is a list: expected an index, received 'x'",
         "model.layers.0 is its first item"),
        ("seed.0=1", "seed is not a list: 0 can't be an index", "give the whole list: seed='[...]'"),
        ("a=[1", "the value '[1' is not right: the list that begins in line 1, column 1 is not closed before this",
         "add ',' or ']'"),
        ("a=@x", "the value '@x' is not right: '@' can't begin an unquoted value", "put the value in quotes"),
        ("a=.nan", "the value '.nan' is not right: expected a finite number, received .nan",
         "put it in quotes if it is text"),
        ("extends=b.yaml", "extends can't be overridden", "write it into the experiment's file"),
    ],
)  # fmt: skip
def test_faults(override, message, hint):
    with pytest.raises(ConfigError) as caught:
        applied(override)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.hint) == ("usage/override", message, hint)
    assert problem.place == Place(f"command line (-o {override})")


def test_all_faults_at_once():
    with pytest.raises(ConfigError) as caught:
        applied("seed", "a=[", "seed=1", "model.layers.9=1")
    assert len(caught.value.problems) == 3


def test_hostile_overrides():
    for text in (".".join("a" * 100_000) + "=1", "a=" + "[" * 100_000, "a=" + "1" * 900_000, "a=" + "x" * 2_000_000):
        with pytest.raises(ConfigError) as caught:
            applied(text)
        assert len(str(caught.value)) < 600
    deep = ".".join("a" * 40) + "="
    with pytest.raises(ConfigError, match="levels"):
        applied(deep + "[" * 40 + "]" * 40)


@given(st.text(max_size=60) | st.text(alphabet="seod.=0123[]{}:'\"# \n\\", max_size=40).map("model.layers.".__add__))
def test_any_text_is_a_value_or_a_config_error(text):
    try:
        tree = applied(text)
    except ConfigError:
        return
    assert to_plain(tree) is not None
