"""Batches as the tf.data pipeline that Keras's fit reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.stream.batches import AnyBatches, StreamedBatches
from shapenet.data.workers import available_cores

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


def to_dataset(
    batches: AnyBatches, num_classes: int, *, one_hot: bool, augmenter: Augmenter | None = None, start: int = 0
) -> Any:
    """A ``tf.data.Dataset`` of one epoch of `batches`.

    Whole groups of batches are gathered by NumPy outside of TensorFlow's graph, then cut
    into batches within it. The epoch is that which `batches.epoch` names when iteration starts.

    Args:
        batches: The batches.
        num_classes: How many classes there are.
        one_hot: Give labels as float32 vectors over the classes.
        augmenter: Changes each batch as seed, epoch and the batch's number in it decide.
        start: How many batches of the epoch to leave out at its beginning; the others keep their numbers.

    Returns:
        Elements ``(images, labels)``: images ``(batch, height, width, channels)`` in the
        store's type; labels int64 ``(batch,)``, or float32 ``(batch, num_classes)``.
    """
    import tensorflow as tf

    group = auto_steps(batches)
    split = batches.split
    signature: tuple[Any, ...] = (
        tf.TensorSpec((None, None, *split.image_shape), split.image_dtype),
        tf.TensorSpec((None, None), tf.int64),
    )
    length = tf.data.experimental.assert_cardinality(len(batches) - start)
    if augmenter is None:
        dataset = tf.data.Dataset.from_generator(lambda: batches.groups(group, start), output_signature=signature)
        dataset = dataset.unbatch().apply(length)
    else:
        signature = (*signature, tf.TensorSpec((None, 2), tf.int64))
        dataset = tf.data.Dataset.from_generator(lambda: _numbered(batches, group, start), output_signature=signature)
        dataset = dataset.unbatch().apply(length)
        dataset = dataset.map(_augmented_by(augmenter), num_parallel_calls=available_cores(), deterministic=True)
    if one_hot and dataset.element_spec[1].dtype.is_integer:  # mixed labels are vectors already
        dataset = dataset.map(lambda images, labels: (images, tf.one_hot(labels, num_classes)))
    options = tf.data.Options()
    options.autotune.enabled = False  # every degree of parallelism is given
    return dataset.prefetch(2).with_options(options)


@contextmanager
def reading(*batches: AnyBatches | None) -> Iterator[None]:
    """Whatever is fed from `batches` in the block: what stops their reading is told, and its processes end with it.

    Args:
        batches: The batches; None is passed over.

    Raises:
        DataError: Streamed records can't be read.
        MachineError: A process that reads was killed.
    """
    streamed = [one for one in batches if isinstance(one, StreamedBatches)]
    try:
        yield
    except Exception as error:  # TensorFlow's own, that wraps the text of ours
        fault = next((one.fault for one in streamed if one.fault), None)
        if fault is None:
            raise
        raise fault from error
    finally:
        for one in streamed:
            one.close()


def _augmented_by(augmenter: Augmenter) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    """A function from a batch and its number, int64 ``(2,)``, to the batch augmented."""

    def augmented(images: Any, labels: Any, number: Any) -> tuple[Any, Any]:
        batch = augmenter({"image": images, "label": labels}, number[0], number[1])
        return batch["image"], batch["label"]

    return augmented


def _numbered(batches: AnyBatches, batches_per_group: int, start: int) -> Iterator[tuple[Any, Any, Any]]:
    """The groups of an epoch, with the numbers of the epoch and of each batch in it, int64 ``(batches, 2)``."""
    epoch, step = batches.epoch, start
    for images, labels in batches.groups(batches_per_group, start):
        steps = np.arange(step, step + len(labels))
        yield images, labels, np.stack([np.full_like(steps, epoch), steps], axis=1)
        step += len(labels)
