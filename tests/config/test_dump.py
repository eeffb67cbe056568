"""YAML that reads back to the same values."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shapenet.config.dump import dump_yaml
from shapenet.config.nodes import to_plain
from shapenet.config.yaml_loader import load_yaml, parse_yaml
from shapenet.values import ConfigText

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
WORDS = (
    "no yes on off y N true ~ null 1e-3 1E5 .5 010 0o17 0x1f 1:30 2020-01-01 1_000 .nan -.inf 1e999 = << - ? : & * ! #"
    " | > a:b x#y 'q' C:\\x ${a} [ ] { } , % @ ` --- ... 1.5.2 +1 0b1 12e03 190:20:30"
)
AMBIGUOUS = st.sampled_from(["", *WORDS.split()])
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**90), 10**90) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT | AMBIGUOUS
)  # fmt: skip
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | AMBIGUOUS, inner, max_size=4)
)


def read(text):
    return to_plain(parse_yaml(text, "f.yaml", Path()))


def same(one, other):
    """Equal in value, type and order of keys."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and (isinstance(one, str) == isinstance(other, str)) and repr(one) == repr(other)


@given(st.dictionaries(TEXT | AMBIGUOUS, DATA, max_size=5))
def test_round_trip(data):
    text = dump_yaml(data)
    assert same(read(text), data)


@given(st.dictionaries(AMBIGUOUS, st.integers() | AMBIGUOUS | st.floats(allow_nan=False, allow_infinity=False)))
def test_readers_of_yaml_1_1_agree(data):
    assert same(yaml.safe_load(dump_yaml(data)), data)


def test_how_it_looks(tmp_path):
    data = {
        "name": ConfigText("no", Path()),
        "model": {"layers": [{"Conv2D": {"filters": 32, "kernel_size": (3, 3)}}, "Flatten"]},
        "optimizer": {"Adam": {"learning_rate": 1e-5}},
        "classes": ["Kreis", "圆", "1", "y"],
        "text": "two\nlines",
        "empty": {},
        "none": None,
        "data": {"augment": []},
        "long": ["x" * 60, "y" * 60],
    }
    expected = """\
name: 'no'
model:
  layers:
    - Conv2D:
        filters: 32
        kernel_size: [3, 3]
    - Flatten
optimizer:
  Adam:
    learning_rate: 1.0e-05
classes: [Kreis, 圆, '1', 'y']
text: "two\\nlines"
empty: {}
none: null
data:
  augment: []
"""
    text = dump_yaml(data)
    assert text == expected + f"long:\n  - {'x' * 60}\n  - {'y' * 60}\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert to_plain(load_yaml(tmp_path / "a.yaml"))["classes"][1] == "圆"


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_no_infinite_numbers(value):
    with pytest.raises(ValueError, match="finite"):
        dump_yaml({"a": [value]})


@pytest.mark.parametrize("data", [{1: 2}, {"a": Path("x")}, {"a": {1, 2}}, {"a": {None: 1}}])
def test_only_plain_data(data):
    with pytest.raises(TypeError, match="expected"):
        dump_yaml(data)
