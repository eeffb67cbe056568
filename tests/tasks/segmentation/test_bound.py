"""Tests of segmentation on data: head, output, targets, weights and what is refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError, DataError
from shapenet.fields import Field
from shapenet.registry import Component
from shapenet.tasks.base import DataSpec
from shapenet.tasks.segmentation.bound import BoundSegmentation
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
CROSS_ENTROPY = Component("loss", "SparseCategoricalCrossentropy")


class Counted:
    """Statistics of a train split with given pixels."""

    num_records, known = 1, True

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def counts(self, field: str) -> np.ndarray:
        """How often each value occurs."""
        return np.bincount(self._values.reshape(-1))

    def stray(self, field: str, values: Collection[int]) -> tuple[int, str] | None:
        """The first value that is not expected."""
        found = [value for value in self._values.reshape(-1).tolist() if value not in values]
        return (found[0], "image 5") if found else None

    def moments(self, field: str) -> Any:
        """Nobody asks."""
        raise AssertionError(field)


def bound(
    values: Any = (0, 1, 2),
    size: Any = (16, 24),
    field: Field | None = None,
    labels: tuple[str, ...] = (),
    **arguments: Any,
) -> BoundSegmentation:
    task = parse_component("task", {"segmentation": arguments}).create()
    (name,) = task.fields
    fields = {"image": Field("uint8", (*size, 3)), name: field or Field("uint8", (*size, 1))}
    return task.bind(DataSpec(fields, labels, Counted(np.asarray(values))))


def features(*shape: int | None) -> Any:
    import keras

    return keras.Input(shape)


def test_head_gives_logits_in_float32_whatever_the_precision() -> None:
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        output = bound().head(keras.layers.Conv2D(4, 3, padding="same")(features(16, 24, 3)), prefix="mask_")
    finally:
        keras.config.set_dtype_policy(policy)
    assert (tuple(output.shape), output.dtype) == ((None, 16, 24, 3), "float32")
    assert output._keras_history.operation.name == "mask_logits"


def test_head_follows_images_of_any_size() -> None:
    output = bound(size=(None, None)).head(features(None, None, 8), prefix="")
    assert tuple(output.shape) == (None, None, None, 3)


@pytest.mark.parametrize(
    ("shape", "message", "hint"),
    [
        ((4, 6, 8), "16 x 24 pixels, the last layer gives 4 x 6", "UpSampling2D: {size: 4}, or Conv2DTranspose"),
        ((14, 22, 8), "gives 14 x 22", "padding: same"),
        ((32,), "has no pixels", "leave out Flatten"),
    ],
)
def test_head_says_what_to_insert(shape: tuple[int, ...], message: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        bound().head(features(*shape), prefix="")
    assert hint in (caught.value.problems[0].hint or "")


def test_output_of_ones_own() -> None:
    bound().check_output((None, 16, 24, 3))
    bound(size=(None, None)).check_output((None, None, None, 3))
    with pytest.raises(ConfigError, match="16 x 24 pixels, the last layer gives 8 x 12") as caught:
        bound().check_output((None, 8, 12, 3))
    assert caught.value.problems[0].hint == "add UpSampling2D: {size: 2}"  # other channels would not fit
    for shape in ((None, 16, 24, 1), (None, 3)):
        with pytest.raises(ConfigError, match="expected an output of 16 x 24 x 3"):
            bound().check_output(shape)


def test_targets_and_weights() -> None:
    task = bound((0, 0, 0, 255, 7), ignore=7)
    assert task.moves.masks == ("mask",)
    assert task.class_counts() == {"background": 3, "foreground": 1}
    masks = np.array([[[0, 255], [7, 0]]], np.uint8)
    for batch in ({"mask": masks}, {"mask": masks[..., None]}):
        np.testing.assert_array_equal(task.encode(batch, CROSS_ENTROPY), [[[0, 1], [-1, 0]]])
        weights = task.weights(batch, np.array([0.5, 4.0], np.float32), CROSS_ENTROPY)
        np.testing.assert_array_equal(weights, [[[0.5, 4.0], [0.0, 0.5]]])


def test_pixels_that_do_not_count_weigh_in_no_class() -> None:
    assert bound((0, 0, 0, 1, 2, 2), ignore=0).class_counts() == {"0": 0, "1": 1, "2": 2}


def test_another_field_and_class_names() -> None:
    task = bound((0, 1), field=Field("uint16", (16, 24)), mask="organ", classes=["air", "skin", "bone"])
    assert (task.moves.masks, task.class_counts()) == (("organ",), {"air": 1, "skin": 1, "bone": 0})
    targets = task.encode({"organ": np.array([[[2, 1]]], np.uint16)}, CROSS_ENTROPY)
    np.testing.assert_array_equal(targets, [[[2, 1]]])


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (Field("float32", (16, 24, 1)), "expected a mask of integers"),
        (Field("uint8", (16, 24, 3)), "expected a mask of integers"),
        (Field("uint8", (8, 12, 1)), "expected a mask of the size of the image"),
    ],
)
def test_masks_that_are_none(field: Field, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        bound(field=field)


def test_what_is_wrong_in_the_config() -> None:
    for names in ([], ["one"], ["a", "b", "a"]):
        with pytest.raises(ConfigError, match="expected at least two names, each once"):
            bound(classes=names)
    with pytest.raises(DataError, match="holds 2 in image 5"):
        bound(classes=["a", "b"])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("accuracy", "pixel_accuracy"),
        ("AUC", "AUC is not a metric for segmentation: it is for classes of whole images"),
        ("SSIM", "it compares images"),
        ({"BinaryIoU": {}}, "one probability a pixel"),
    ],
)
def test_metrics_that_do_not_fit(value: object, words: str) -> None:
    task = parse_component("task", "segmentation").create()
    given = (Component("metric", "dice"), parse_component("metric", value))
    with pytest.raises(ConfigError, match=words) as caught:
        task.metrics(given, logits=True)
    assert caught.value.problems[0].key == ("metrics", 1)
    assert "mean_iou" in str(caught.value.problems[0].hint)


def test_a_metric_of_another_number_of_classes_does_not_fit() -> None:
    with pytest.raises(ConfigError, match="the masks have 3 classes, received num_classes: 5"):
        bound().make(parse_component("metric", {"MeanIoU": {"num_classes": 5}}), logits=True)


@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "Circle", "CategoricalHinge"])
def test_losses_that_do_not_fit(name: str) -> None:
    task = parse_component("task", "segmentation").create()
    with pytest.raises(ConfigError, match=f"{name} is not a loss for segmentation") as caught:
        task.loss(Component("loss", name), logits=True, mixer=None)
    assert caught.value.problems[0].key == ("loss",)


def test_a_loss_does_not_leave_out_pixels_by_itself() -> None:
    task = parse_component("task", "segmentation").create()
    given = parse_component("loss", {"SparseCategoricalCrossentropy": {"ignore_class": 255}})
    with pytest.raises(ConfigError, match="metrics and reports would count them"):
        task.loss(given, logits=True, mixer=None)


def test_defaults() -> None:
    task = parse_component("task", "segmentation").create()
    assert (task.fields, task.monitor) == (("mask",), "loss")
    assert task.loss(None, logits=True, mixer=None).name == "SparseCategoricalCrossentropy"
    assert [metric.name for metric in task.metrics(None, logits=True)] == ["mean_iou", "pixel_accuracy"]
    assert bound().metric_hint(CROSS_ENTROPY) is None
