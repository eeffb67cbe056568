"""How many inputs layers, functions and other callables take."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from shapenet.errors import ConfigError
from shapenet.models.inputs import check_number, takes_list


def of_two(features: Any, skip: Any) -> Any:
    return features, skip


def of_any(*tensors: Any) -> Any:
    return tensors


def with_default(features: Any, mask: Any = None) -> Any:
    return features, mask


def keras_layer(name: str, **arguments: object) -> Callable[[], Any]:
    def make() -> Any:
        import keras

        return getattr(keras.layers, name)(**arguments)

    return make


CASES: list[tuple[Callable[[], Any], set[int]]] = [
    (lambda: of_two, {2}),
    (lambda: partial(of_two, None), {1}),
    (lambda: of_any, {0, 1, 2, 3}),
    (lambda: with_default, {1, 2}),
    (keras_layer("Conv2D", filters=2, kernel_size=3), {1}),
    (keras_layer("BatchNormalization"), {1}),
    (keras_layer("Add"), {2, 3}),
    (keras_layer("Attention"), {2, 3}),
    (keras_layer("MultiHeadAttention", num_heads=1, key_dim=2), {2, 3}),
]


@pytest.mark.parametrize(("make", "accepted"), CASES)
def test_numbers_of_inputs(make: Callable[[], Any], accepted: set[int]) -> None:
    layer = make()
    for number in range(4):
        if number in accepted:
            check_number("X", layer, number)
        else:
            with pytest.raises(ConfigError, match=r"X takes .*, received"):
                check_number("X", layer, number)


def test_which_layers_take_a_list() -> None:
    assert takes_list(keras_layer("Concatenate")())
    assert not takes_list(keras_layer("MultiHeadAttention", num_heads=1, key_dim=2)())
    assert not takes_list(of_two)
