"""What a callback remembers comes back as it was, types included."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from shapenet.callbacks.attributes import attributes, set_attributes


class Remembering:
    """Has one attribute."""

    def __init__(self, memory: Any = None) -> None:
        self.memory = memory


def come_back(memory: Any) -> Any:
    plain, arrays = attributes(Remembering(memory))
    other = Remembering()
    set_attributes(other, json.loads(json.dumps(plain)), arrays, keep_arguments=False)
    return other.memory


@pytest.mark.parametrize(
    "memory",
    [
        None, True, 3, -0.1, float("inf"), "text", [1, [2.5, None]], (1, "a"), [(1, 2), {"a": (3,)}], {1: "a", "b": {}},
        {"dict": 1}, {(0, 1): [np.float32(0.1)]}, np.float32(0.1), np.float64(0.1), np.int64(7), np.bool_(True),
        [np.float32(0.1), 0.1], np.float16(0.1),
    ],
)  # fmt: skip
def test_plain_values(memory: Any) -> None:
    back = come_back(memory)
    assert repr(back) == repr(memory)
    assert type(back) is type(memory)


def test_arrays() -> None:
    np.testing.assert_array_equal(come_back(np.arange(3.0)), np.arange(3.0))


@pytest.mark.parametrize("memory", [{1, 2}, object(), [object()], np.longdouble(1), np.array([object()])])
def test_what_has_no_form_stays_as_it_was_made(memory: Any) -> None:
    assert come_back(memory) is None


def test_arguments_may_stay() -> None:
    plain, arrays = attributes(Remembering(1))
    other = Remembering(2)
    set_attributes(other, plain, arrays, keep_arguments=True)
    assert other.memory == 2
