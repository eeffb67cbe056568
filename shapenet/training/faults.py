"""What Keras and TensorFlow raise around training, as errors that name a key of the config."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shapenet.errors import ConfigError, MachineError
from shapenet.keras_faults import is_out_of_memory, sentence


@contextmanager
def fit_errors(batch_size: int, has_begun: Callable[[], bool]) -> Iterator[None]:
    """Give what TensorFlow or JAX raises in ``fit`` the words of a user.

    Args:
        batch_size: The batch size, for the message.
        has_begun: Tells whether the first step has been taken: until then, what is raised
            is about the config.

    Raises:
        MachineError: The memory does not suffice.
        ConfigError: The model can't take its first step, or what it gives for some images has not the
            target's size.
    """
    import tensorflow as tf

    try:
        yield
    except (tf.errors.OpError, MemoryError, ValueError, TypeError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise MachineError(
                "machine/memory",
                f"the memory does not suffice for a batch of {batch_size}",
                hint="lower training.batch_size, the size of the images, or the number of filters; "
                "shapenet validate --build estimates what a batch takes",
            ) from error
        if unequal := re.search(r"Incompatible shapes: (\[[\d,]+\] vs\. \[[\d,]+\])", str(error)):
            message = f"for some images the model's output is not as large as the target: {unequal[1]}"
            hint = "pooling drops the last row or column of an odd number: give the source a size that it divides"
            raise ConfigError("model/training", message, key=("model", "layers"), hint=hint) from error
        if has_begun():
            raise
        raise ConfigError(
            "model/training", f"the model can't take its first step: {sentence(error)}", key=("model",)
        ) from error
