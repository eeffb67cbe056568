"""The task reconstruction: output layers for pictures and vectors, targets, and what fits them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.tasks.base import BoundTask, DataSpec, Moves, Statistics
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
FIELDS = {
    "image": Field("uint8", (16, 24, 3)),
    "clean": Field("uint16", (16, 24, 1)),
    "large": Field("float32", (32, 48, 3)),
    "any": Field("uint8", (None, None, 3)),
    "size": Field("float32", ()),
    "features": Field("float64", (4, 4, 4)),
}


class NoStatistics(Statistics):
    """None are needed."""


def bound(target: str = "image") -> BoundTask:
    task = parse_component("task", {"reconstruction": {"target": target}}).create()
    return task.bind(DataSpec(FIELDS, (), NoStatistics()))


def head(target: str, *shape: int | None) -> keras.KerasTensor:
    return bound(target).head(keras.Input(shape), prefix="")


@pytest.mark.parametrize(
    ("target", "shape", "expected"),
    [
        ("image", (16, 24, 8), (None, 16, 24, 3)),
        ("clean", (16, 24, 8), (None, 16, 24, 1)),
        ("large", (32, 48, 8), (None, 32, 48, 3)),
        ("any", (None, None, 8), (None, None, None, 3)),
        ("image", (16 * 24 * 3,), (None, 16, 24, 3)),
    ],
)
def test_the_head_gives_the_target(
    target: str, shape: tuple[int | None, ...], expected: tuple[int | None, ...]
) -> None:
    output = head(target, *shape)
    assert output.shape == expected
    assert output.dtype == "float32"


@pytest.mark.parametrize(
    ("target", "shape", "message", "hint"),
    [
        ("image", (4, 6, 8), "16 x 24 pixels, the last layer gives 4 x 6", "UpSampling2D: {size: 4}"),
        ("image", (8, 6, 8), "8 x 6", "strides: [2, 4]"),
        ("image", (32, 48, 8), "32 x 48", "AveragePooling2D: {pool_size: 2}"),
        ("image", (14, 22, 8), "14 x 22", "Resizing: {height: 16, width: 24}"),
        ("image", (64,), "1152 numbers, the last layer gives a vector of 64", "Dense: {units: 1152}"),
        ("any", (64,), "images of any size", "leave out Flatten"),
        ("image", (4, 8), "no picture", "(height, width, channels)"),
    ],
)
def test_what_the_head_can_not_follow_is_told_with_the_layer_that_is_missing(
    target: str, shape: tuple[int, ...], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        head(target, *shape)
    assert message in raised.value.problems[0].message
    assert hint in str(raised.value.problems[0].hint)


def test_an_output_of_ones_own_is_checked() -> None:
    bound().check_output((None, 16, 24, 3))
    bound("any").check_output((None, None, None, 3))
    with pytest.raises(ConfigError, match=r"expected an output of shape \(16, 24, 3\), received \(16, 24, 1\)"):
        bound().check_output((None, 16, 24, 1))
    with pytest.raises(ConfigError, match="8 x 12") as caught:
        bound().check_output((None, 8, 12, 3))
    assert caught.value.problems[0].hint == "add UpSampling2D: {size: 2}"  # other channels would not fit


@pytest.mark.parametrize("target", ["size", "features"])
def test_a_target_is_a_picture(target: str) -> None:
    with pytest.raises(ConfigError, match=f"expected images in the field '{target}'") as raised:
        bound(target)
    assert "regression" in str(raised.value.problems[0].hint)


@pytest.mark.parametrize(("target", "top"), [("image", 255), ("clean", 65535), ("large", 1)])
def test_targets_are_from_0_to_1(target: str, top: float) -> None:
    field = FIELDS[target]
    values = (np.random.default_rng(0).random((2, *field.fixed_shape)) * top).astype(field.dtype)
    task = parse_component("task", "reconstruction").create()
    encoded = bound(target).encode({target: values}, task.loss(None, logits=False, mixer=None)).numpy()
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded, values.astype(np.float64) / top, rtol=1e-6)


def test_a_picture_beside_the_image_moves_with_it() -> None:
    assert bound("clean").moves == Moves(images=("clean",))
    assert bound().moves == Moves()


def test_the_target_is_all_that_it_needs() -> None:
    assert parse_component("task", "reconstruction").create().fields == ("image",)
    assert parse_component("task", {"reconstruction": {"target": "clean"}}).create().fields == ("clean",)


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "MeanAbsolutePercentageError", "Dice"])
def test_losses_for_other_targets_are_refused_with_the_reason(name: str) -> None:
    task = parse_component("task", "reconstruction").create()
    with pytest.raises(ConfigError, match=f"{name} is not a loss for reconstruction: it"):
        task.loss(parse_component("loss", name), logits=False, mixer=None)


@pytest.mark.parametrize(
    "name", ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "BinaryCrossentropy", "SSIM"]
)
def test_losses_of_pictures_fit(name: str) -> None:
    task = parse_component("task", "reconstruction").create()
    loss = bound().make(task.loss(parse_component("loss", name), logits=False, mixer=None), logits=False)
    images = np.random.default_rng(0).random((2, 16, 24, 3)).astype(np.float32)
    assert 0 <= float(loss(images, images)) < float(loss(images, 1 - images))


def test_binary_cross_entropy_needs_a_sigmoid() -> None:
    task = parse_component("task", "reconstruction").create()
    loss, other = (
        task.loss(parse_component("loss", name), logits=True, mixer=None)
        for name in ("BinaryCrossentropy", "MeanSquaredError")
    )
    with pytest.raises(ConfigError, match="BinaryCrossentropy compares values from 0 to 1") as caught:
        bound().make(loss, logits=True)
    assert caught.value.problems[0].key == ("loss",)
    assert "activation: sigmoid" in str(caught.value.problems[0].hint)
    bound().make(other, logits=True)


def test_default_metrics() -> None:
    task = parse_component("task", "reconstruction").create()
    assert [metric.name for metric in task.metrics(None, logits=False)] == ["PSNR", "SSIM"]
    with pytest.raises(ConfigError, match="accuracy is not a metric for reconstruction: it is for classes"):
        task.metrics((parse_component("metric", "accuracy"),), logits=False)
