"""Which layers a pattern means."""

from __future__ import annotations

from typing import Any

import pytest

from shapenet.errors import ConfigError
from shapenet.models.patterns import chosen, named_layers


def nested() -> Any:
    from keras import Input, Model, Sequential, layers

    trunk = Sequential([Input((4,)), layers.Dense(3, name="first"), layers.Dense(3, name="second")], name="trunk")
    inputs = Input((4,), name="image")
    return Model(inputs, layers.Dense(2, name="logits")(trunk(inputs)))


def test_layers_of_a_model_in_the_model_have_both_names() -> None:
    assert [*named_layers(nested())] == ["image", "trunk/first", "trunk/second", "logits"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("logits", ["logits"]),
        ("trunk", ["trunk/first", "trunk/second"]),
        ("trunk/*", ["trunk/first", "trunk/second"]),
        ("*/sec*", ["trunk/second"]),
        ("*", ["image", "trunk/first", "trunk/second", "logits"]),
        ("logit?", ["logits"]),
    ],
)
def test_a_pattern_means_layers_by_their_names(pattern: str, names: list[str]) -> None:
    assert chosen([*named_layers(nested())], {("freeze", 0): pattern}) == {("freeze", 0): names}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("trunk", ["trunk.conv", "trunk.unit.norm"]),
        ("trunk/*", ["trunk.conv", "trunk.unit.norm"]),
        ("trunk.*", ["trunk.conv", "trunk.unit.norm"]),
        ("trunk/unit/norm", ["trunk.unit.norm"]),
        ("stage/2", ["stage.2.conv"]),
        ("trunk?conv", ["trunk.conv"]),
        ("net.*", ["net/stem.conv"]),
    ],
)
def test_layers_of_blocks_are_meant_with_either_sign(pattern: str, names: list[str]) -> None:
    layers = ["trunk.conv", "trunk.unit.norm", "trunk2.conv", "stage.1.conv", "stage.2.conv", "net/stem.conv", "logits"]
    assert chosen(layers, {("freeze", 0): pattern}) == {("freeze", 0): names}


def test_every_pattern_that_means_nothing_is_told() -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(["conv1", "dense"], {("freeze", 0): "conv", ("freeze", 1): "dense", ("freeze", 2): "zzz*"})
    assert [(p.key, p.hint) for p in caught.value.problems] == [
        (("freeze", 0), "did you mean conv1?"),
        (("freeze", 2), "one of: conv1, dense"),
    ]
    with pytest.raises(ConfigError) as caught:
        chosen([f"layer_{number}" for number in range(40)], {("freeze", 0): "zzz*"})
    assert str(caught.value.problems[0].hint).endswith("layer_23, and 16 more")
