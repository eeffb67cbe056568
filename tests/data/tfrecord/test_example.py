"""The message tf.train.Example, without TensorFlow."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.tfrecord.example import Example, example_bytes
from shapenet.errors import DataError

FEATURES = st.dictionaries(
    st.text(max_size=10),
    st.lists(st.binary(max_size=20), min_size=1, max_size=5)
    | st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=5)
    | st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5),
)


@given(features=FEATURES)
def test_features_come_back(features):
    example = Example(example_bytes(features))
    assert example.names == sorted(features)
    assert {name: list(example.get(name)) for name in features} == features


def test_one_value_and_numbers():
    example = Example(example_bytes({"text": [b"a"], "texts": [b"a", b"b"], "ints": [1, 2], "floats": [0.5]}))
    assert (example.text("text"), example.text("texts"), example.text("ints")) == (b"a", None, None)
    assert list(example.numbers("ints")) == [1, 2]
    assert list(example.numbers("floats")) == [0.5]
    assert example.numbers("text") is None
    assert (example.get("none"), example.names) == (None, ["floats", "ints", "text", "texts"])


def test_other_bytes_are_refused():
    with pytest.raises(DataError, match=r"expected a tf\.train\.Example"):
        Example(b"\xff\xff\xff")


def test_tensorflow_is_not_imported():
    modules = "shapenet.data.tfrecord.records, shapenet.data.tfrecord.writer, shapenet.data.tfrecord.example as e"
    code = f"import sys, {modules}; e.example_bytes({{'a': [1]}}); print({{'tensorflow', 'keras'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
