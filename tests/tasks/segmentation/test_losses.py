"""Tests of segmentation's losses against NumPy: soft Dice, cross-entropy, Keras's own, weights and ignored pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.registry import Component
from shapenet.tasks.segmentation.components import made_loss
from shapenet.tasks.segmentation.task import Segmentation
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
NUM_CLASSES = 3
TASK = Segmentation("mask", None, None)
LOSSES = (
    "SparseCategoricalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
    "SoftDice", "DiceCrossentropy", "Dice", "Tversky",
)  # fmt: skip


def made(value: object, *, logits: bool = True) -> Any:
    component = TASK.loss(parse_component("loss", value), logits=logits, mixer=None)
    return made_loss(component, NUM_CLASSES, logits=logits)


def drawn(ignored: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks, logits and their probabilities."""
    rng = np.random.default_rng(5)
    masks = rng.integers(-1 if ignored else 0, NUM_CLASSES, (2, 4, 5)).astype(np.int32)
    logits = rng.normal(0, 2, (*masks.shape, NUM_CLASSES)).astype(np.float32)
    exponents = np.exp(logits.astype(np.float64))
    return masks, logits, exponents / exponents.sum(-1, keepdims=True)


def cross_entropy(masks: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> float:
    counts = masks >= 0
    chosen = np.take_along_axis(probabilities, np.maximum(masks, 0)[..., None], -1)[..., 0]
    return float((-np.log(chosen) * weights)[counts].sum() / counts.sum())


def soft_dice(masks: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> list[float]:
    losses = []
    for label in range(NUM_CLASSES):
        true, p = (masks == label) * weights, probabilities[..., label]
        all_p = float((p * weights * (masks >= 0)).sum())
        losses.append(1 - (2 * float((true * p).sum()) + 1) / (all_p + float(true.sum()) + 1))
    return losses


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_by_hand(ignored: bool, weighted: bool) -> None:
    masks, logits, probabilities = drawn(ignored)
    weights = np.random.default_rng(0).uniform(0.5, 3, masks.shape) if weighted else np.ones(masks.shape)
    given = weights if weighted else None
    entropy, dices = cross_entropy(masks, probabilities, weights), soft_dice(masks, probabilities, weights)
    for value, expected in (
        ("SparseCategoricalCrossentropy", entropy),
        ("CategoricalCrossentropy", entropy),
        ("SoftDice", np.mean(dices)),
        ({"SoftDice": {"background": False}}, np.mean(dices[1:])),
        ("DiceCrossentropy", np.mean(dices) + entropy),
    ):
        assert float(made(value)(masks, logits, given)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_logits_are_those_of_their_probabilities(name: str) -> None:
    masks, logits, probabilities = drawn()
    expected = float(made(name, logits=False)(masks, probabilities.astype(np.float32)))
    assert float(made(name)(masks, logits)) == pytest.approx(expected, rel=1e-4)
    assert expected > 0


@pytest.mark.parametrize("name", LOSSES)
def test_pixels_that_do_not_count_might_be_predicted_as_anything(name: str) -> None:
    masks, logits, _ = drawn(ignored=True)
    changed = np.where((masks < 0)[..., None], logits[..., ::-1] * 5, logits)
    expected = float(made(name)(masks, logits))
    assert float(made(name)(masks, changed)) == pytest.approx(expected, rel=1e-6)
    assert float(made(name)(masks[..., None], changed)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_a_pixel_that_does_not_count_is_as_one_that_is_not_there(name: str) -> None:
    masks, logits, _ = drawn()
    wider = np.concatenate([masks, np.full((2, 4, 2), -1, np.int32)], axis=2)
    more = np.concatenate([logits, np.ones((2, 4, 2, NUM_CLASSES), np.float32)], axis=2)
    assert float(made(name)(wider, more)) == pytest.approx(float(made(name)(masks, logits)), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_a_weight_counts_as_often_as_it_says(name: str) -> None:
    masks, logits, _ = drawn()
    twice = np.ones(masks.shape, np.float32)
    twice[0] = 2
    doubled = [np.concatenate([values[:1], values]) for values in (masks, logits)]
    reduced = float(made(name)(masks, logits, twice))
    region = name in ("SoftDice", "Dice", "Tversky")
    if name != "DiceCrossentropy":  # sums of pixels agree; means of two parts that divide otherwise don't
        factor = 1.0 if region else doubled[0].size / masks.size
        assert reduced == pytest.approx(factor * float(made(name)(*doubled)), rel=1e-5)


@pytest.mark.parametrize("value", ["Dice", "Tversky", {"Tversky": {"alpha": 0.3, "beta": 0.7, "axis": [1, 2]}}])
def test_without_weights_region_losses_are_those_of_keras(value: object) -> None:
    masks, logits, probabilities = drawn()
    component = parse_component("loss", value)
    expected = component.create()(np.eye(NUM_CLASSES, dtype=np.float32)[masks], probabilities.astype(np.float32))
    assert float(made(value)(masks, logits)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_right_logits_cost_less_than_wrong_ones(name: str) -> None:
    masks, _, _ = drawn()
    right = 8 * np.eye(NUM_CLASSES, dtype=np.float32)[masks]
    assert float(made(name)(masks, right)) < 0.05
    assert float(made(name)(masks, np.roll(right, 1, axis=-1))) > 0.5


def test_soft_dice_has_a_gradient_where_a_class_is_rare() -> None:
    import tensorflow as tf

    masks, logits = np.zeros((1, 8, 8), np.int32), tf.Variable(np.zeros((1, 8, 8, 3), np.float32))
    masks[0, 0, 0] = 2
    with tf.GradientTape() as tape:
        loss = made("SoftDice")(masks, logits)
    gradient = tape.gradient(loss, logits)
    assert np.isfinite(gradient).all()
    assert gradient[0, 0, 0, 2] < 0 < gradient[0, 5, 5, 2]


def test_the_loss_is_told_what_the_model_gives() -> None:
    for logits in (True, False):
        assert TASK.loss(None, logits=logits, mixer=None) == Component(
            "loss", "SparseCategoricalCrossentropy", {"from_logits": logits}
        )
    given = parse_component("loss", {"CategoricalCrossentropy": {"from_logits": False, "label_smoothing": 0.1}})
    assert TASK.loss(given, logits=True, mixer=None).arguments == given.arguments
