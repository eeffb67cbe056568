"""Batches as the tf.data pipeline that Keras's fit reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shapenet.data.stream.batches import AnyBatches

_GROUP_BYTES = 4 << 20
_MOST_STEPS = 64


def auto_steps(batches: AnyBatches) -> int:
    """How many batches of images make 4 MB, from 1 to 64; 1 where the images' sizes vary.

    So many are gathered at a time, and so many steps are executed between two looks at
    callbacks and signals.
    """
    if batches.split.is_ragged:
        return 1
    image = batches.split.store.meta.fields["image"]
    size = np.dtype(image.dtype).itemsize * math.prod(image.fixed_shape)
    return max(1, min(_MOST_STEPS, _GROUP_BYTES // (size * batches.batch_size), len(batches)))


def to_dataset(batches: AnyBatches, num_classes: int, *, one_hot: bool) -> Any:
    """A ``tf.data.Dataset`` of one epoch of `batches`.

    Whole groups of batches are gathered by NumPy outside of TensorFlow's graph, then cut
    into batches within it. The epoch is that which `batches.epoch` names when iteration starts.

    Args:
        batches: The batches.
        num_classes: How many classes there are.
        one_hot: Give labels as float32 vectors over the classes.

    Returns:
        Elements ``(images, labels)``: images ``(batch, height, width, channels)`` in the
        store's type; labels int64 ``(batch,)``, or float32 ``(batch, num_classes)``.
    """
    import tensorflow as tf

    group = auto_steps(batches)
    split = batches.split
    signature = (
        tf.TensorSpec((None, None, *split.image_shape), split.image_dtype),
        tf.TensorSpec((None, None), tf.int64),
    )
    dataset = tf.data.Dataset.from_generator(lambda: batches.groups(group), output_signature=signature)
    dataset = dataset.unbatch().apply(tf.data.experimental.assert_cardinality(len(batches)))
    if one_hot:
        dataset = dataset.map(lambda images, labels: (images, tf.one_hot(labels, num_classes)))
    options = tf.data.Options()
    options.autotune.enabled = False  # nothing here has a degree of parallelism to tune
    return dataset.prefetch(2).with_options(options)
