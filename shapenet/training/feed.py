"""Batches as the tf.data pipeline that Keras's fit reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.stream.batches import AnyBatches, StreamedBatches
from shapenet.data.workers import available_cores
from shapenet.training.fields import IMAGE
from shapenet.training.inputs import given_of

Encode = Callable[[dict[str, Any]], Any]
"""A function of a batch's fields, that runs in the input pipeline."""

_NUMBER = "#"
"""Stands for the number of a batch among its fields: none has such a name."""
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
    batches: AnyBatches,
    encode: Encode,
    *,
    augmenter: Augmenter | None = None,
    weigh: Encode | None = None,
    inputs: Sequence[str] = IMAGE,
    start: int = 0,
) -> Any:
    """A ``tf.data.Dataset`` of one epoch of `batches`.

    Whole groups of batches are gathered by NumPy outside of TensorFlow's graph, then cut
    into batches within it. The epoch is that which `batches.epoch` names when iteration starts.

    Args:
        batches: The batches, which hold the `inputs` and the fields that `encode` and `weigh` look at.
        encode: Makes the targets of a batch.
        augmenter: Changes each batch as seed, epoch and the batch's number in it decide.
        weigh: Makes the weights of a batch; without it, all count 1.
        inputs: The fields that the model is given.
        start: How many batches of the epoch to leave out at its beginning; the others keep their numbers.

    Returns:
        Elements ``(images, targets)``, or ``(images, targets, weights)``: images ``(batch, height, width,
        channels)`` in the store's type, or a dict of the `inputs` in theirs.
    """
    import tensorflow as tf

    group = auto_steps(batches)
    signature: dict[str, Any] = {name: _signature(batches, name) for name in batches.fields}
    length = tf.data.experimental.assert_cardinality(len(batches) - start)
    changed = _changed_by(augmenter, encode, weigh, inputs)
    if augmenter is None:
        dataset = tf.data.Dataset.from_generator(lambda: batches.groups(group, start), output_signature=signature)
        dataset = dataset.unbatch().apply(length).map(changed)
    else:
        signature[_NUMBER] = tf.TensorSpec((None, 2), tf.int64)
        dataset = tf.data.Dataset.from_generator(lambda: _numbered(batches, group, start), output_signature=signature)
        dataset = dataset.unbatch().apply(length)
        dataset = dataset.map(changed, num_parallel_calls=available_cores(), deterministic=True)
    options = tf.data.Options()
    options.autotune.enabled = False  # every degree of parallelism is given
    return dataset.prefetch(2).with_options(options)


def _signature(batches: AnyBatches, name: str) -> Any:
    """What groups of batches hold of a field."""
    import tensorflow as tf

    field = batches.split.store.meta.fields[name]
    return tf.TensorSpec((None, None, *field.shape), field.dtype)


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


def _changed_by(augmenter: Augmenter | None, encode: Encode, weigh: Encode | None, inputs: Sequence[str]) -> Encode:
    """A function from a batch, with its number if it is augmented, to what ``fit`` takes."""

    def changed(batch: dict[str, Any]) -> tuple[Any, ...]:
        if augmenter is not None:
            number = batch[_NUMBER]
            batch = augmenter({name: batch[name] for name in augmenter.fields}, number[0], number[1])
        parts = (given_of(batch, inputs), encode(batch))
        return parts if weigh is None else (*parts, weigh(batch))

    return changed


def _numbered(batches: AnyBatches, batches_per_group: int, start: int) -> Iterator[dict[str, Any]]:
    """The groups of an epoch, with the numbers of the epoch and of each batch in it, int64 ``(batches, 2)``."""
    epoch, step = batches.epoch, start
    for group in batches.groups(batches_per_group, start):
        steps = np.arange(step, step + len(next(iter(group.values()))))
        yield {**group, _NUMBER: np.stack([np.full_like(steps, epoch), steps], axis=1)}
        step += len(steps)
