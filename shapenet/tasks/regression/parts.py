"""The Keras parts of a regression: the layer that gives the user's units, and what sees its outputs otherwise."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from shapenet.tasks.changed import changed_loss, changed_metric
from shapenet.tasks.regression.scale import Scale


@cache
def units_class() -> Any:
    """The class of the layer after the last dense one; Keras can serialise it."""
    import keras

    @keras.saving.register_keras_serializable("shapenet")
    class Units(keras.layers.Layer):  # type: ignore[misc]
        """From standardised numbers ``(batch, num_standardised)`` to outputs ``(batch, num_outputs)``.

        Means and deviations are weights that training leaves alone, so that whoever has the weights has them.
        """

        holds_statistics = True  # so that `init` does not take them from elsewhere

        def __init__(self, scale: Scale | dict[str, Any], **options: Any) -> None:
            super().__init__(**options)
            self.scale = Scale.of(scale)

        def build(self, input_shape: Any) -> None:
            """Make the weights."""
            constant = keras.initializers.Constant
            for name in ("means", "stds"):
                start = constant(getattr(self.scale, name))
                weight = self.add_weight(shape=(len(self.scale),), initializer=start, trainable=False, name=name)
                setattr(self, name, weight)

        def call(self, standardised: Any) -> Any:
            """Values in the user's units, then sines and cosines."""
            return self.scale.outputs(standardised, self.means, self.stds)

        def compute_output_shape(self, input_shape: Any) -> Any:
            """``(batch, num_outputs)``."""
            return (*input_shape[:-1], self.scale.num_outputs)

        def get_config(self) -> dict[str, Any]:
            """Name, type and scale."""
            return {**super().get_config(), "scale": asdict(self.scale)}

    return Units


def loss_on_standardised(loss: Any, scale: Scale) -> Any:
    """A ``keras.losses.Loss`` that gives `loss` true and predicted values standardised alike.

    Args:
        loss: A ``keras.losses.Loss`` of numbers.
        scale: How to standardise.
    """
    return changed_loss(loss, lambda true, outputs: (scale.standardise(true), scale.standardise_outputs(outputs)))


def metric_on_values(metric: Any, scale: Scale) -> Any:
    """A ``keras.metrics.Metric`` that gives `metric` values only, and angles where they are nearest to the true ones.

    Args:
        metric: A ``keras.metrics.Metric`` of numbers.
        scale: Which numbers are angles.

    Returns:
        `metric` itself if none is.
    """
    if not scale.num_angles:
        return metric
    from keras import ops

    def change(true: Any, outputs: Any) -> tuple[Any, Any]:
        true, outputs = (ops.cast(numbers, metric.dtype) for numbers in (true, outputs))
        return true, scale.nearest(true, scale.values(outputs))

    return changed_metric(metric, change)
