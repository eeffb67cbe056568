"""A model with its augmentations at work, and without."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from shapenet.models.augmenting import augmenting, augmenting_layers
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
IMAGES = np.random.default_rng(0).uniform(size=(16, 4, 4, 1)).astype(np.float32)


@pytest.fixture
def model() -> Any:
    """An augmentation, something else that is at work in training only, another augmentation behind it."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((4, 4, 1))
    inverted = keras.layers.RandomInvert(factor=(1.0, 1.0), value_range=(0, 1), name="inverted")(inputs)
    normal = keras.layers.BatchNormalization(momentum=0.5, name="normal")(inverted)
    erased = keras.layers.RandomErasing(factor=(1.0, 1.0), scale=(1.0, 1.0), fill_value=7.0, name="erased")(normal)
    return keras.Model(inputs, {"image": erased})


def given(model: Any, *names: str, training: bool) -> np.ndarray:
    return np.asarray(augmenting(model, names, training=training)(IMAGES)["image"])


def test_augmentations_are_told_from_other_layers(model: Any) -> None:
    assert augmenting_layers(model) == ("inverted", "erased")


def test_only_what_is_named_is_at_work(model: Any) -> None:
    plain = np.asarray(model(IMAGES, training=False)["image"])
    np.testing.assert_allclose(given(model, training=False), plain)
    inverted = given(model, "inverted", training=False)
    np.testing.assert_allclose(inverted, np.asarray(model(1 - IMAGES, training=False)["image"]), atol=1e-6)
    assert not np.allclose(inverted, plain)
    assert (given(model, "inverted", "erased", training=False) == 7).mean() > 0.5


def test_other_layers_train_without_them(model: Any) -> None:
    normal = model.get_layer("normal")
    given(model, training=False)
    assert np.asarray(normal.moving_mean) == 0
    assert abs(given(model, training=True).mean()) < 1e-3
    np.testing.assert_allclose(np.asarray(normal.moving_mean), [IMAGES.mean() / 2], rtol=1e-4)


def test_operations_and_merges_are_called_as_they_are() -> None:
    inputs = {"a": keras.Input((4, 4, 1), name="a"), "b": keras.Input((4, 4, 1), name="b")}
    inverted = keras.layers.RandomInvert(factor=(1.0, 1.0), value_range=(0, 1), name="inverted")(inputs["a"])
    scaled = keras.ops.multiply(inverted, 2.0)
    model = keras.Model(inputs, {"sum": keras.layers.Add()([scaled, inputs["b"]]), "plain": inverted})
    for names, expected in (((), IMAGES), (("inverted",), 1 - IMAGES)):
        found = augmenting(model, names, training=True)({"a": IMAGES, "b": 3 * IMAGES})
        np.testing.assert_allclose(found["sum"], 2 * expected + 3 * IMAGES, rtol=1e-5)
        np.testing.assert_allclose(found["plain"], expected, atol=1e-6)


def test_layers_derived_from_an_augmentation_are_some_too() -> None:
    class Mirrored(keras.layers.RandomFlip):
        pass

    inputs = keras.Input((4, 4, 1))
    assert augmenting_layers(keras.Model(inputs, Mirrored(name="mirrored")(inputs))) == ("mirrored",)


def test_a_model_without_any_is_called_as_it_is() -> None:
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, {"image": keras.layers.BatchNormalization()(inputs)})
    np.testing.assert_array_equal(given(model, training=True), np.asarray(model(IMAGES, training=True)["image"]))
