"""Layers of a config connected: chains, branches, merges, and what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError, MachineError
from shapenet.models.graph import check_names, connect
from shapenet.vocabulary import load_vocabulary

load_vocabulary()


def connected(*layers: object, shape: tuple[int, ...] = (8, 8, 3)) -> Any:
    """The model of `layers` on images of `shape`."""
    import keras

    inputs = keras.Input(shape)
    return keras.Model(inputs, connect([parse_component("layer", layer) for layer in layers], inputs))


def problem_of(*layers: object, shape: tuple[int, ...] = (8, 8, 3)) -> Any:
    with pytest.raises(ConfigError) as caught:
        connected(*layers, shape=shape)
    (problem,) = caught.value.problems
    return problem


def conv(filters: int, **more: object) -> dict[str, object]:
    return {"Conv2D": {"filters": filters, "kernel_size": 3, "padding": "same", **more}}


def test_a_chain() -> None:
    model = connected(conv(4), "MaxPooling2D", "Flatten", {"Dense": {"units": 5}})
    assert [type(layer).__name__ for layer in model.layers[1:]] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert model.output_shape == (None, 5)


def test_branches_and_a_merge() -> None:
    model = connected(
        conv(4, name="left"), conv(4, inputs="input", name="right"), {"Add": {"inputs": ["left", "right"]}}
    )
    images = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    both = [model.get_layer(name)(images) for name in ("left", "right")]
    np.testing.assert_allclose(model(images), both[0] + both[1], rtol=1e-5)


def test_a_residual_block_goes_on_after_the_merge() -> None:
    model = connected(conv(3, name="a"), {"Add": {"inputs": ["input", "a"], "name": "sum"}}, "ReLU", "Flatten")
    assert model.output_shape == (None, 8 * 8 * 3)


@pytest.mark.parametrize("merge", ["Concatenate", "Average", "Maximum", "Multiply", "Subtract"])
def test_every_merge_takes_its_inputs_as_a_list(merge: str) -> None:
    model = connected(conv(4, name="a"), conv(4, name="b"), {merge: {"inputs": ["a", "b"]}})
    assert model.output_shape == (None, 8, 8, 8 if merge == "Concatenate" else 4)


def test_a_layer_of_several_arguments_gets_them_in_turn() -> None:
    attention = {"MultiHeadAttention": {"num_heads": 2, "key_dim": 4, "inputs": ["queries", "values"]}}
    model = connected(
        {"Dense": {"units": 4, "name": "queries"}}, {"Dense": {"units": 6, "name": "values"}}, attention, shape=(5, 3)
    )
    assert model.output_shape == (None, 5, 4)


def test_attention_takes_a_list() -> None:
    model = connected(
        {"Dense": {"units": 4, "name": "q"}},
        {"Dense": {"units": 4, "name": "v"}},
        {"Attention": {"inputs": ["q", "v"]}},
        shape=(5, 3),
    )
    assert model.output_shape == (None, 5, 4)


def test_an_unknown_input_gets_a_suggestion() -> None:
    problem = problem_of(conv(4, name="left"), {"Add": {"inputs": ["input", "lefd"]}})
    assert (problem.code, problem.key) == ("model/unknown-input", ("model", "layers", 1, "Add", "inputs"))
    assert problem.hint == "did you mean left?"


def test_a_name_is_given_once() -> None:
    problem = problem_of(conv(4, name="a"), conv(4, name="a"))
    assert (problem.code, problem.key) == ("model/duplicate-name", ("model", "layers", 1, "Conv2D", "name"))


def test_an_argument_that_keras_refuses() -> None:
    problem = problem_of({"Conv2D": {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2}})
    assert (problem.code, problem.key) == ("model/argument", ("model", "layers", 0))
    assert problem.message.startswith("Conv2D: ")


@pytest.mark.parametrize(
    ("layer", "shape", "reason"),
    [
        ({"RandAugment": {"interpolation": "abc"}}, (8, 8, 3), "Unknown `interpolation` abc"),
        ({"AugMix": {"interpolation": "abc"}}, (8, 8, 3), "Unknown `interpolation` abc"),
        ({"RandomElasticTransform": {"fill_mode": "abc"}}, (8, 8, 3), "Unknown `fill_mode` abc"),
        ({"Embedding": {"input_dim": 3, "output_dim": 4, "weights": "abc"}}, (8,), "AttributeError"),
        ({"Normalization": {"axis": "abc"}}, (8, 8, 3), "not supported between"),
        ({"MelSpectrogram": {"sequence_stride": 0}}, (1600,), "ZeroDivisionError"),
        ({"Pipeline": {"layers": "abc"}}, (8, 8, 3), "AttributeError"),
    ],
)
def test_whatever_keras_raises_is_told_at_the_layer(layer: object, shape: tuple[int, ...], reason: str) -> None:
    problem = problem_of(layer, shape=shape)
    assert problem.code in ("model/argument", "model/shape")
    assert problem.key == ("model", "layers", 0)
    assert reason in problem.message
    assert "\n" not in problem.message


def test_several_outputs_can_not_go_on() -> None:
    problem = problem_of({"LSTM": {"units": 2, "return_state": True}}, shape=(5, 3))
    assert (problem.code, problem.key) == ("model/several-outputs", ("model", "layers", 0))
    assert problem.message == "expected one output from LSTM, received 3 of them"


def test_weights_that_no_memory_holds() -> None:
    with pytest.raises(MachineError, match="the memory does not suffice for Dense") as caught:
        connected("Flatten", {"Dense": {"units": 10**13}})
    assert caught.value.problems[0].key == ("model", "layers", 1)


def test_an_input_of_the_wrong_rank() -> None:
    problem = problem_of("Flatten", "MaxPooling2D")
    assert (problem.code, problem.key) == ("model/shape", ("model", "layers", 1))
    assert problem.message.startswith("MaxPooling2D can't take an input of shape (192,): ")
    assert "Flatten" in problem.hint


def test_merged_shapes_must_fit() -> None:
    problem = problem_of(conv(4, name="a"), conv(5, name="b"), {"Add": {"inputs": ["a", "b"]}})
    assert (problem.code, problem.key) == ("model/shape", ("model", "layers", 2))
    assert "(8, 8, 4), (8, 8, 5)" in problem.message


@pytest.mark.parametrize(
    "layers",
    [
        ["MaxPooling2D"] * 4,
        [{"Conv2D": {"filters": 2, "kernel_size": 9}}],
        [{"AveragePooling2D": {"pool_size": 9}}],
        [{"Cropping2D": {"cropping": 4}}],
    ],
)
def test_an_image_that_is_too_small(layers: list[object]) -> None:
    problem = problem_of(*layers)
    assert (problem.code, problem.key) == ("model/too-small", ("model", "layers", len(layers) - 1))
    assert "\x1b" not in problem.message
    assert "Exception encountered" not in problem.message


def test_names_are_checked_all_at_once_before_anything_is_built() -> None:
    layers = [
        conv(4, name="left"), conv(4, name="left"), {"Add": {"inputs": ["lift", "input", "sum"], "name": "sum"}},
        {"ReLU": {"name": "input"}},
    ]  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        check_names([parse_component("layer", layer) for layer in layers])
    assert [(problem.code, problem.key[2:]) for problem in caught.value.problems] == [
        ("model/duplicate-name", (1, "Conv2D", "name")),
        ("model/unknown-input", (2, "Add", "inputs")),
        ("model/unknown-input", (2, "Add", "inputs")),
        ("model/duplicate-name", (3, "ReLU", "name")),
    ]
    assert caught.value.problems[1].hint == "did you mean left?"


@pytest.mark.parametrize(
    "layer",
    [
        {"Conv2D": {"filters": 2, "kernel_size": 3, "activity_regularizer": {"L2": {"l2": 0.01}}}},
        {"ActivityRegularization": {"l1": 0.01}},
        {"MultiHeadAttention": {"num_heads": 1, "key_dim": 2, "activity_regularizer": "l2", "inputs": ["input"] * 2}},
    ],
)
def test_outputs_in_half_precision_are_regularised_in_float32(layer: object) -> None:
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = connected(layer)
        model(np.ones((1, 8, 8, 3), np.float32))
    finally:
        keras.config.set_dtype_policy(policy)
    assert model.losses
    assert {loss.dtype.name for loss in model.losses} == {"float32"}
