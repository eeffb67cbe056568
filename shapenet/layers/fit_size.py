"""The layer that gives a map the size of another one, by zeros or cutting at the bottom and on the right."""

from __future__ import annotations

from functools import cache
from typing import Any


def fit_size(name: str | None = None) -> Any:
    """A layer that fits its first input to the size of its second.

    Args:
        name: Its name.

    Returns:
        A layer of two maps, ``(batch, height, width, channels)`` and ``(batch, new_height, new_width, ...)``,
        to ``(batch, new_height, new_width, channels)``. Sizes may be unknown while it is built.
    """
    return _layer_class()(name=name)


@cache
def _layer_class() -> Any:
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable(package="shapenet")
    class FitSize(keras.layers.Layer):  # type: ignore[misc]
        """See `fit_size`."""

        def call(self, features: Any, like: Any) -> Any:
            """`features` in the size of `like`."""
            height, width = ops.shape(like)[1:3]
            features = features[:, :height, :width]
            rows, columns = ops.shape(features)[1:3]
            return ops.pad(features, [[0, 0], [0, height - rows], [0, width - columns], [0, 0]])

        def compute_output_spec(self, features: Any, like: Any) -> Any:
            """Sizes of `like`, channels and type of `features`."""
            shape = (features.shape[0], *like.shape[1:3], features.shape[-1])
            return keras.KerasTensor(shape, dtype=self.compute_dtype)

    return FitSize
