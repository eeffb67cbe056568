"""The source of an augmentation's randomness: a pure function of seed, layer, epoch, step and draw."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def make_draws(seed: int, number: int) -> Any:
    """What takes the place of a Keras layer's seed generator.

    Keras's own generator counts its draws in a variable, so that what a layer draws depends
    on all that it drew before. This one counts within one batch only: ``begin(epoch, step)``
    sets it to a batch, and each ``next()`` gives the seed of that batch's next draw, an int32
    tensor ``(2,)``. Both work on symbolic numbers, while TensorFlow traces a function.

    Args:
        seed: The experiment's seed.
        number: The layer's position in the config.

    Returns:
        A ``keras.random.SeedGenerator``.
    """
    import keras
    import tensorflow as tf

    root = _root(seed, number)

    class Draws(keras.random.SeedGenerator):  # type: ignore[misc]
        """Seeds of one layer's draws."""

        def __init__(self) -> None:  # not Keras's, which makes a variable
            self._batch: Any = None
            self._count = 0

        def begin(self, epoch: Any, step: Any) -> None:
            """Start anew for the batch of a step; both numbers are int32 tensors ``()``."""
            # Random bits of the pair, not the pair itself: neighbouring steps must not share seeds with draws.
            pair = tf.bitwise.bitwise_xor(tf.constant(root, tf.int32), tf.stack([epoch, step]))
            self._batch = tf.random.stateless_uniform((2,), pair, None, None, tf.int32)
            self._count = 0

        @contextmanager
        def nested(self, seed: Any) -> Iterator[None]:
            """Draw from `seed`, int32 ``(2,)``, for a while: for a function that is traced once and called often."""
            before = self._batch, self._count
            self._batch, self._count = seed, 0
            try:
                yield
            finally:
                self._batch, self._count = before

        def next(self, ordered: bool = True) -> Any:
            """The seed of the next draw."""
            self._count += 1
            return tf.bitwise.bitwise_xor(self._batch, tf.constant([self._count, 0], tf.int32))

    return Draws()


def _root(seed: int, number: int) -> tuple[int, int]:
    """64 bits of a digest, the same in every process."""
    digest = hashlib.sha256(f"shapenet augmentation {seed} {number}".encode()).digest()
    first, second = struct.unpack("<2i", digest[:8])
    return first, second
