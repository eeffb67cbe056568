"""Tests of segmentation's metrics against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapenet.config.components import parse_component
from shapenet.tasks.confusion import confusion_of, mean_known
from shapenet.tasks.segmentation.figures import class_figures, overlap_of
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
NUM_CLASSES = 3


def metric(value: object) -> Any:
    return parse_component("metric", value).create(NUM_CLASSES)


def drawn(seed: int, images: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Masks with pixels that don't count, and logits that lean towards what is true."""
    rng = np.random.default_rng(seed)
    masks = rng.integers(-1, NUM_CLASSES, (images, 6, 4)).astype(np.int32)
    logits = rng.normal(0, 1, (*masks.shape, NUM_CLASSES)).astype(np.float32)
    return masks, logits + np.eye(NUM_CLASSES, dtype=np.float32)[np.maximum(masks, 0)]


@settings(max_examples=5)
@given(st.integers(0, 10_000))
def test_metrics_are_those_of_one_confusion_matrix_of_the_epoch(seed: int) -> None:
    masks, logits = drawn(seed)
    confusion = confusion_of(masks, logits.argmax(-1), NUM_CLASSES)
    expected, per_class = overlap_of(confusion), class_figures(confusion)
    for value, figure in {
        "mean_iou": expected.iou,
        "dice": expected.dice,
        "pixel_accuracy": expected.pixel_accuracy,
    }.items():
        made = metric(value)
        made.update_state(masks, logits)
        made.reset_state()
        made.update_state(masks[:3], logits[:3])
        made.update_state(masks[3:, ..., None], logits[3:])
        assert float(made.result()) == pytest.approx(figure, rel=1e-6)
        assert (made.name, made._direction) == (value, "up")
    made = metric({"mean_iou": {"background": False}})
    made.update_state(masks, logits)
    assert float(made.result()) == pytest.approx(mean_known([one.iou for one in per_class[1:]]), rel=1e-6)
    # The names that an evaluation's report has for the same, beside those of all classes.
    assert (made.name, metric({"dice": {"background": False}}).name) == ("foreground_mean_iou", "foreground_dice")


def test_a_class_that_is_nowhere_is_left_out_of_the_mean() -> None:
    masks = np.array([[[0, 0, 1, 1]]])
    logits = np.eye(NUM_CLASSES)[[[[0, 1, 1, 1]]]]
    for value, expected in (
        ("mean_iou", (1 / 2 + 2 / 3) / 2),
        ("dice", (2 / 3 + 4 / 5) / 2),
        ("pixel_accuracy", 3 / 4),
    ):
        made = metric(value)
        made.update_state(masks, logits)
        assert float(made.result()) == pytest.approx(expected)


def test_half_precision_counts_beyond_what_it_can_hold() -> None:
    import keras

    masks = np.zeros((2, 300, 300), np.int32)  # bfloat16 knows no number between 65,536 and 66,048
    masks[0, 0, :100] = 1
    outputs = keras.ops.cast(np.eye(NUM_CLASSES)[np.zeros_like(masks)], "bfloat16")
    made = metric("pixel_accuracy")
    made.update_state(masks, outputs)
    assert float(made.result()) == pytest.approx(1 - 100 / 180_000, rel=1e-6)


def test_in_a_graph_with_shapes_that_are_not_known() -> None:
    import tensorflow as tf

    masks, logits = drawn(3)
    made = metric("mean_iou")
    made.update_state(masks, logits)
    expected = float(made.result())
    made.reset_state()
    signature = tf.TensorSpec((None, None, None), tf.int32), tf.TensorSpec((None, None, None, 3), tf.float32)
    tf.function(made.update_state, input_signature=signature)(masks, logits)
    assert float(made.result()) == pytest.approx(expected)


@pytest.mark.parametrize(
    "value",
    ["MeanIoU", "OneHotMeanIoU", {"IoU": {"target_class_ids": [1, 2]}}, {"OneHotIoU": {"target_class_ids": [2]}}],
)
def test_iou_of_keras_sees_masks_and_logits(value: Any) -> None:
    from shapenet.tasks.segmentation.components import made_metric

    name, arguments = (value, {}) if isinstance(value, str) else next(iter(value.items()))
    masks, logits = drawn(1)
    made = made_metric(parse_component("metric", {name: {"num_classes": NUM_CLASSES, **arguments}}), NUM_CLASSES)
    made.update_state(masks, logits)
    ious = [one.iou for one in class_figures(confusion_of(masks, logits.argmax(-1), NUM_CLASSES))]
    expected = np.mean([ious[k] for k in arguments.get("target_class_ids", range(NUM_CLASSES))])
    assert float(made.result()) == pytest.approx(float(expected), rel=1e-6)
