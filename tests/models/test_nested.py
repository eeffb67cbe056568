"""Repeated layers and groups: what they are connected to, their names, their limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError, Problem
from shapenet.models.graph import connect
from shapenet.models.names import check_names, num_layers
from shapenet.vocabulary import load_vocabulary

load_vocabulary()


def components(*layers: object) -> list[Any]:
    return [parse_component("layer", layer) for layer in layers]


def connected(*layers: object) -> Any:
    import keras

    keras.backend.clear_session()
    inputs = keras.Input((6, 6, 3), name="image")
    return keras.Model(inputs, connect(components(*layers), inputs))


def names(model: Any) -> list[str]:
    return [layer.name for layer in model.layers[1:]]


def problems_of(*layers: object) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        check_names(components(*layers))
    return caught.value.problems


def conv(filters: int = 3, **more: object) -> dict[str, object]:
    return {"Conv2D": {"filters": filters, "kernel_size": 1, **more}}


def repeat(times: int, *layers: object, **more: object) -> dict[str, object]:
    return {"repeat": {"times": times, "layers": list(layers), **more}}


def group(*layers: object, **more: object) -> dict[str, object]:
    return {"group": {"layers": list(layers), **more}}


def test_each_repetition_has_weights_of_its_own() -> None:
    model = connected(repeat(3, conv(), "ReLU"))
    assert names(model) == [f"repeat.{number}.{layer}" for number in (1, 2, 3) for layer in ("conv2d", "relu")]
    assert len(model.trainable_weights) == 6


@pytest.mark.parametrize("times", [0, 1])
def test_repeating_once_or_not_at_all(times: int) -> None:
    assert len(names(connected(repeat(times, conv()), "Flatten"))) == times + 1


def test_a_repetition_starts_from_the_one_before_it() -> None:
    model = connected(repeat(2, conv(name="a"), {"Add": {"inputs": ["input", "a"]}}, name="stage"))
    assert names(model) == ["stage.1.a", "stage.1.add", "stage.2.a", "stage.2.add"]
    x = np.random.default_rng(0).random((1, 6, 6, 3), np.float32)
    middle = x + np.asarray(model.get_layer("stage.1.a")(x))
    np.testing.assert_allclose(model(x), middle + model.get_layer("stage.2.a")(middle), rtol=1e-4, atol=1e-5)


def test_a_repetition_sees_what_is_outside_and_its_name_is_its_output() -> None:
    outside = repeat(2, conv(), {"Add": {"inputs": ["previous", "first"]}}, name="stage")
    model = connected(conv(name="first"), outside, {"Add": {"inputs": ["stage", "first"]}})
    assert names(model)[-1] == "add"


def test_groups_nest_and_number_what_has_no_name() -> None:
    model = connected(group(conv(), conv()), group(group(conv(name="c"), name="inner"), label="My unit"), group(conv()))
    assert names(model) == ["group.conv2d", "group.conv2d_2", "my_unit.inner.c", "group_2.conv2d"]


def test_numbers_pass_over_names_that_are_taken() -> None:
    assert names(connected(group(conv()), group(conv(), name="group")))[0] == "group_2.conv2d"


def test_blocks_of_ours_are_numbered_and_named() -> None:
    model = connected("SqueezeExcite", {"SqueezeExcite": {"name": "gate"}}, "SqueezeExcite")
    found = list(dict.fromkeys(name.partition(".")[0] for name in names(model)))
    assert found == ["squeeze_excite", "gate", "squeeze_excite_2"]


def test_a_group_of_several_inputs() -> None:
    both = group({"Subtract": {"inputs": ["skip", "input"]}}, input_names=["input", "skip"], inputs=["b", "a"])
    model = connected(conv(name="a"), conv(name="b"), both)
    x = np.ones((1, 6, 6, 3), np.float32)
    a, b = np.asarray(model.get_layer("a")(x)), None
    b = np.asarray(model.get_layer("b")(a))
    np.testing.assert_allclose(model(x), a - b, rtol=1e-4, atol=1e-6)


def test_previous_is_the_layer_before() -> None:
    model = connected(conv(name="a"), "ReLU", {"Add": {"inputs": ["previous", "a"]}})
    assert model.output_shape == (None, 6, 6, 3)


def test_names_of_a_group_hold_in_it_only() -> None:
    inside, after = problems_of(
        conv(name="a"), group(conv(name="b"), {"Add": {"inputs": ["a", "b"]}}), {"Add": {"inputs": ["a", "b"]}}
    )
    assert inside.key == ("model", "layers", 1, "group", "layers", 1, "Add", "inputs")
    assert after.key == ("model", "layers", 2, "Add", "inputs")
    assert [problem.code for problem in (inside, after)] == ["model/unknown-input"] * 2


def test_a_wrong_number_of_inputs_for_a_group() -> None:
    (problem,) = problems_of(group("ReLU", input_names=["input", "skip"], label="pair"))
    assert (problem.code, problem.message) == ("model/inputs", "pair takes 2 inputs (input, skip), received 1")
    assert problem.hint == "name them: inputs: [previous, ...]"


@pytest.mark.parametrize("name", ["input", "previous"])
def test_reserved_names(name: str) -> None:
    (problem,) = problems_of({"ReLU": {"name": name}})
    assert problem.code == "model/duplicate-name"


def test_the_number_of_layers_is_capped() -> None:
    inner: object = "ReLU"
    for _ in range(4):
        inner = repeat(100, inner)
    (problem,) = problems_of(inner)
    assert problem.code == "model/too-many-layers"
    assert "received 100,000,000" in problem.message
    assert num_layers(components(repeat(3, "ReLU", "ReLU"), "Flatten")) == 7


def test_an_error_inside_leads_to_the_layer() -> None:
    with pytest.raises(ConfigError) as caught:
        connected(repeat(2, group("Flatten", conv())))
    assert caught.value.problems[0].key == ("model", "layers", 0, "repeat", "layers", 0, "group", "layers", 1)


def test_a_decoder_of_transposed_convolutions_takes_any_size() -> None:
    import keras

    up = {"Conv2DTranspose": {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}}
    layers = [
        {"UNetDown": {"filters": 4, "pool_size": 1, "name": "top"}}, {"UNetDown": {"filters": 6}}, up,
        {"UNetUp": {"filters": 3, "size": 1, "inputs": ["previous", "top"]}}, conv(2),
    ]  # fmt: skip
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, connect(components(*layers), inputs))
    for size in ((8, 12), (9, 13)):
        assert model(np.zeros((2, *size, 1), np.float32)).shape == (2, *size, 2)
