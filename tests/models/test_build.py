"""Models of a config: input scaling, layers, head, and what is told when they don't fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from shapenet.config.schema import ModelConfig
from shapenet.errors import ConfigError, MachineError
from shapenet.models.build import InputSpec, build_model
from shapenet.models.logits import doubled, gives_logits
from shapenet.models.summary import activation_bytes, layer_rows
from shapenet.tasks.classification.single import BoundClassification
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

load_vocabulary()
SPEC = InputSpec((8, 8, 1), "uint8")
SOFTMAX = {"Dense": {"units": 3, "activation": "softmax"}}
MERGES = ("Average", "Maximum", "Minimum", "Multiply")
TWO = [
    {"Flatten": {"name": "vector"}},
    {"Dense": {"units": 3, "activation": "softmax", "name": "a"}},
    {"Dense": {"units": 3, "activation": "sigmoid", "name": "b", "inputs": "vector"}},
]
ENLARGED = [{"UpSampling2D": {"size": 2}}, {"Cropping2D": {"cropping": 1}}, "GlobalAveragePooling2D"]


def built(*layers: object, spec: InputSpec = SPEC, num_classes: int = 3, **more: object) -> Any:
    config = ModelConfig.model_validate({"layers": list(layers), **more})
    return build_model(config, {"": BoundClassification(spec_of(num_classes))}, spec, "my model/1")


def problem_of(*layers: object, **more: Any) -> Any:
    with pytest.raises(ConfigError) as caught:
        built(*layers, **more)
    (problem,) = caught.value.problems
    return problem


def test_the_head_follows_the_layers() -> None:
    model = built("Flatten", {"Dense": {"units": 5}})
    assert (model.name, model.input_shape, model.output_shape) == ("my_model_1", (None, 8, 8, 1), (None, 3))
    assert model.layers[-1].name == "logits"
    assert model.inputs[0].dtype == "uint8"


@pytest.mark.parametrize(("dtype", "top"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
def test_integers_are_scaled_to_0_to_1(dtype: str, top: int) -> None:
    model = built("Flatten", spec=InputSpec((2, 2, 1), dtype), num_classes=4, head="none")
    images = np.full((1, 2, 2, 1), top, dtype)
    np.testing.assert_allclose(model(images), 1.0, rtol=1e-6)


def test_scaling_can_be_a_layer_or_none() -> None:
    images = np.full((1, 2, 2, 1), 100, np.uint8)
    spec = InputSpec((2, 2, 1), "uint8")
    more = {"spec": spec, "num_classes": 4, "head": "none"}
    own = built("Flatten", **more, input_scaling={"Rescaling": {"scale": 0.02, "offset": -1.0}})
    np.testing.assert_allclose(own(images), 1.0, rtol=1e-6)
    raw = built("Flatten", **more, input_scaling="none")
    np.testing.assert_allclose(np.asarray(raw(images), np.float32), 100.0)


@pytest.mark.parametrize(
    ("layers", "head", "logits"),
    [
        (["Flatten"], "auto", True),
        (["Flatten", {"Dense": {"units": 3}}], "none", True),
        (["Flatten", SOFTMAX], "none", False),
        (["Flatten", {"Dense": {"units": 3}}, "Softmax"], "none", False),
        (["Flatten", {"Dense": {"units": 3}}, {"Activation": {"activation": "softmax"}}], "none", False),
        (["Flatten", {"Dense": {"units": 3, "activation": "sigmoid"}}], "none", False),
        (["Flatten", {"Dense": {"units": 3}}, {"Activation": {"activation": "sigmoid"}}], "none", False),
        (["Flatten", {"Dense": {"units": 3, "activation": "sparse_sigmoid"}}], "none", False),
        (["Flatten", {"Dense": {"units": 3, "activation": "relu"}}], "none", True),
        (["Flatten", SOFTMAX, {"Activation": {"activation": "linear"}}], "none", False),
        (["Flatten", SOFTMAX, {"Dropout": {"rate": 0.1}}, {"Reshape": {"target_shape": [3]}}], "none", False),
        ([{"Conv2D": {"filters": 3, "kernel_size": 1, "activation": "softmax"}}, *ENLARGED], "none", False),
        ([{"Conv2D": {"filters": 3, "kernel_size": 1}}, *ENLARGED], "none", True),
        (["Flatten", SOFTMAX, {"Dense": {"units": 3}}], "none", True),
        ([{"Conv2D": {"filters": 3, "kernel_size": 1, "activation": "sigmoid"}}, "GlobalMaxPooling2D"], "none", False),
        ([{"Conv2D": {"filters": 3, "kernel_size": 1}}, "MaxPooling2D", "GlobalMaxPooling2D"], "none", True),
        *[([*TWO, {name: {"inputs": ["a", "b"]}}], "none", False) for name in MERGES],
        ([*TWO, {"Add": {"inputs": ["a", "b"]}}], "none", True),
        ([*TWO, {"Dense": {"units": 3, "name": "c"}}, {"Average": {"inputs": ["a", "c"]}}], "none", True),
        (["Flatten", SOFTMAX, {"Rescaling": {"scale": 0.9, "offset": 0.05}}], "none", False),
        (["Flatten", SOFTMAX, {"Rescaling": {"scale": 20}}], "none", True),
        (["Flatten", SOFTMAX, {"GaussianNoise": {"stddev": 0.1}}, "ActivityRegularization"], "none", False),
    ],
)
def test_whether_a_model_gives_logits(layers: list[object], head: str, logits: bool) -> None:
    assert gives_logits(built(*layers, head=head).outputs[0]) is logits


def test_layers_that_do_not_tell_are_taken_for_what_is_said() -> None:
    dense = {"units": 3, "activation": "tanh"}
    for layers in ([SOFTMAX, {"Rescaling": {"scale": 20}}], [{"Dense": dense}],
                   [{"Dense": dense}, {"Rescaling": {"scale": 0.5, "offset": 0.5}}]):  # fmt: skip
        silent = built("Flatten", *layers, head="none").outputs[0]
        assert gives_logits(silent)
        assert not gives_logits(silent, otherwise=False)
    certain = built("Flatten", {"Dense": {"units": 3}}, head="none").outputs[0]
    assert gives_logits(certain, otherwise=False)


@pytest.mark.parametrize(
    ("layers", "layer"),
    [
        ([SOFTMAX], "dense"),
        ([SOFTMAX, {"Dropout": {"rate": 0.1}}], "dense"),
        ([{"Dense": {"units": 4, "activation": "softmax"}}], None),
        ([{"Dense": {"units": 3}}], None),
        ([{"Dense": {"units": 3, "activation": "relu"}}], None),
    ],
)
def test_a_head_that_follows_probabilities_of_the_same_classes(layers: list[object], layer: str | None) -> None:
    assert doubled(built("Flatten", *layers).outputs[0]) == layer


ENDINGS: list[tuple[list[object], list[str]]] = [
    ([{"Dense": {"units": 8}}, SOFTMAX], ["dense_1"]),
    ([{"Dense": {"units": 8}}, {"Dense": {"units": 3}}, {"Reshape": {"target_shape": [3]}}, "Softmax"],
     ["dense_1", "reshape", "softmax"]),
    ([*TWO[1:], {"Average": {"inputs": ["a", "b"]}}], ["a", "b", "average"]),
    ([{"group": {"layers": [SOFTMAX], "name": "end"}}], ["end.dense"]),
    ([{"repeat": {"times": 2, "layers": [{"Dense": {"units": 3}}], "name": "end"}}, "Softmax"],
     ["end.2.dense", "softmax"]),
    ([{"group": {"layers": [{"Dense": {"units": 8}}, {"Dense": {"units": 3}}, "Softmax"], "name": "end"}}],
     ["end.dense_2", "end.softmax"]),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "exact"), ENDINGS)
def test_a_model_without_a_head_ends_in_float32(layers: list[object], exact: list[str], half_precision: None) -> None:
    model = built(TWO[0], *layers, head="none")
    assert model.outputs[0].dtype == "float32"
    assert [layer.name for layer in model.layers[2:] if layer.compute_dtype == "float32"] == exact


@pytest.mark.parametrize("name", ["logits", "image", "input_scaling"])
def test_names_of_what_is_added_are_taken(name: str) -> None:
    problem = problem_of({"Flatten": {"name": name}})
    assert (problem.code, problem.key) == ("model/duplicate-name", ("model", "layers", 0, "Flatten", "name"))
    assert f"received {name!r}" in problem.message


def test_names_that_keras_gives_are_taken() -> None:
    problem = problem_of("Flatten", {"Dense": {"units": 2, "name": "flatten"}})
    assert (problem.code, problem.key) == ("model/duplicate-name", ("model", "layers", 1, "Dense", "name"))


def test_names_of_what_is_not_added_are_free() -> None:
    own = {"Dense": {"units": 3, "name": "logits"}}
    assert (
        built({"Flatten": {"name": "input_scaling"}}, own, head="none", input_scaling="none").layers[-1].name
        == "logits"
    )


def test_the_head_needs_vectors() -> None:
    problem = problem_of({"Conv2D": {"filters": 2, "kernel_size": 3}})
    assert (problem.code, problem.key) == ("model/head", ("model", "layers", 0))
    assert "received (6, 6, 2)" in problem.message
    assert "Flatten" in problem.hint


def test_a_head_that_no_memory_holds() -> None:
    with pytest.raises(MachineError, match="the memory does not suffice for the output layer") as caught:
        built({"UpSampling2D": {"size": 200_000}}, "Flatten")
    assert caught.value.problems[0].key == ("model", "layers", 1)


def test_an_output_of_ones_own_must_fit_the_classes() -> None:
    problem = problem_of("Flatten", {"Dense": {"units": 4}}, head="none")
    assert (problem.code, problem.key) == ("model/output", ("model", "layers", 1))
    assert "the data has 3 classes: expected an output of shape (3,), received (4,)" in problem.message


@pytest.mark.parametrize("num_poolings", [4, 5])
def test_too_small_images_are_told_the_least_size(num_poolings: int) -> None:
    problem = problem_of(*["MaxPooling2D"] * num_poolings, "Flatten")
    least = 2**num_poolings
    assert (problem.code, problem.key) == ("model/too-small", ("model", "layers", 3))
    assert problem.hint.startswith(f"these layers need images of at least {least} x {least};")
    assert built(*["MaxPooling2D"] * num_poolings, "Flatten", spec=InputSpec((least, least, 1), "uint8"))


def test_rows_of_the_summary() -> None:
    rows = layer_rows(built({"Conv2D": {"filters": 2, "kernel_size": 3, "name": "first"}}, "Flatten"))
    assert [(row.name, row.layer, row.output_shape, row.num_parameters, row.activation_bytes) for row in rows] == [
        ("image", "InputLayer", (8, 8, 1), 0, 64),
        ("input_scaling", "Rescaling", (8, 8, 1), 0, 256),
        ("first", "Conv2D", (6, 6, 2), 20, 288),
        ("flatten", "Flatten", (72,), 0, 288),
        ("logits", "Dense", (3,), 219, 12),
    ]
    assert activation_bytes(rows, 10) == 10 * (64 + 256 + 288 + 288 + 12)


@pytest.fixture
def half_precision() -> Iterator[None]:
    """Keras's policy is that of the whole process."""
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(policy)


@pytest.fixture(autouse=True)
def fresh_layer_names() -> None:
    """Keras numbers layers over the whole process."""
    import keras

    keras.backend.clear_session()
