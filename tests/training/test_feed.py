"""What ``fit`` is fed: every record once an epoch, in the order that seed and epoch give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from shapenet.data.batches import Batches, Split
from shapenet.data.order import epoch_order
from shapenet.data.pack import open_packed
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.training.adapter import Adapter, to_keras_callback
from shapenet.training.feed import auto_steps, to_dataset
from shapenet.training.session import import_keras

SEED = 5


def label(batch: Mapping[str, Any]) -> Any:
    """The targets of these tests."""
    return batch["label"]


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """53 images of 8 x 8, so that the last batch of 8 holds 5."""
    import_keras()
    records = ShapesRecords(ShapesParameters(classes=("square", "ring"), num_images=53, size=8))
    store = open_packed(records, tmp_path_factory.mktemp("cache"))
    return Split(store, np.arange(53), store["label"][:])


def test_elements_are_the_batches_of_the_epoch(split: Split) -> None:
    batches = Batches(split, 8, SEED, epoch=2)
    order = epoch_order(53, SEED, 2)
    elements = list(to_dataset(batches, label).as_numpy_iterator())
    assert [len(labels) for _, labels in elements] == [8] * 6 + [5]
    np.testing.assert_array_equal(np.concatenate([images for images, _ in elements]), split.images(order))
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in elements]), split.labels[order])


def test_targets_are_what_encoding_makes_of_a_batch_and_weights_come_beside_them(split: Split) -> None:
    def encode(batch: Mapping[str, Any]) -> dict[str, Any]:
        return {"negative": -batch["label"], "top": batch["image"][:, 0]}

    feed = to_dataset(Batches(split, 8), encode, weigh=lambda batch: batch["label"] + 1)
    images, targets, weights = next(feed.as_numpy_iterator())
    np.testing.assert_array_equal(targets["negative"], -split.labels[:8])
    np.testing.assert_array_equal(targets["top"], images[:, 0])
    np.testing.assert_array_equal(weights, split.labels[:8] + 1)


def test_its_length_is_known(split: Split) -> None:
    assert int(to_dataset(Batches(split, 8), label).cardinality()) == 7


def test_steps_fit_into_an_epoch_and_into_memory(split: Split) -> None:
    assert auto_steps(Batches(split, 8)) == 7
    assert auto_steps(Batches(split, 53)) == 1


@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_each_epoch_of_a_fit_sees_its_own_order(split: Split, steps_per_execution: int) -> None:
    import keras
    import tensorflow as tf

    seen: list[np.ndarray] = []

    class Watch(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: object, training: bool = False) -> object:
            if training:
                with tf.control_dependencies([tf.numpy_function(seen.append, [inputs], [])]):
                    return tf.identity(inputs)
            return inputs

    model = keras.Sequential([keras.Input((8, 8, 3)), Watch(), keras.layers.Flatten(), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, steps_per_execution=steps_per_execution)
    batches = Batches(split, 8, SEED)
    callback = to_keras_callback(Adapter([], batches))
    feed, val = to_dataset(batches, label), to_dataset(Batches(split, 8), label)
    model.fit(feed, validation_data=val, epochs=3, callbacks=[callback], verbose=0)
    order = np.concatenate([epoch_order(53, SEED, epoch) for epoch in range(3)])
    np.testing.assert_array_equal(np.concatenate(seen), split.images(order).astype(np.float32))
