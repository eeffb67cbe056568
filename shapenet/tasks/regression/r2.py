"""The metric ``R2``: how much of the variance a model explains."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES
from shapenet.tasks.regression.scale import Scale


@REGISTRIES["metric"].register("R2")
def r2_metric(scale: Scale | None = None, *, name: str = "r2") -> Any:
    """Coefficient of determination of each number over all examples, the mean over the numbers.

    ``1 - sum (y - p)^2 / sum (y - mean y)^2``, for an angle of the points of the unit circle that
    true and predicted direction lead to: 1 for a perfect model, 0 for one that always gives the mean.
    Numbers whose true values are all the same are left out.

    Args:
        scale: The units of the numbers; the task regression gives it.
        name: What the metric is called.

    Raises:
        ConfigError: The task is another.
    """
    if scale is None:
        raise ConfigError("config/metrics", "R2 is a metric of the task regression", hint="Keras's is called R2Score")
    return metric_class()(scale, name=name)


@cache
def metric_class() -> Any:
    """The metric's class; Keras can serialise it."""
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable("shapenet")
    class R2(keras.metrics.Metric):  # type: ignore[misc]
        """Coefficient of determination, from sums over all batches of standardised numbers.

        Standardised, since the squares of such numbers as years leave few digits for their variance.
        """

        _direction = "up"

        def __init__(self, scale: Scale | dict[str, Any], name: str = "r2", dtype: Any = None) -> None:
            super().__init__(name=name, dtype=dtype)
            self.scale = Scale.of(scale)
            shape = (self.scale.num_standardised,)
            self.count = self.add_variable((), "zeros", name="count")
            self.sums, self.squares, self.residues = (
                self.add_variable(shape, "zeros", name=name) for name in ("sums", "squares", "residues")
            )

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            """Add true values ``(batch, numbers)`` and a model's outputs ``(batch, num_outputs)``."""
            both = (ops.cast(y_true, self.dtype), self.scale.values(ops.cast(y_pred, self.dtype)))
            true, predicted = map(self.scale.standardise, both)
            weights = ops.ones_like(true[:, :1])
            if sample_weight is not None:
                weights = weights * ops.reshape(ops.cast(sample_weight, self.dtype), (-1, 1))
            self.count.assign_add(ops.sum(weights))
            self.sums.assign_add(ops.sum(weights * true, axis=0))
            self.squares.assign_add(ops.sum(weights * ops.square(true), axis=0))
            self.residues.assign_add(ops.sum(weights * ops.square(true - predicted), axis=0))

        def result(self) -> Any:
            """The mean over the numbers that vary; 0 if none does."""
            spread = self.squares - ops.square(self.sums) / ops.maximum(self.count, 1.0)
            spread, residues = self.scale.joined(spread), self.scale.joined(self.residues)
            varies = spread > 1e-6 * ops.maximum(self.count, 1.0)
            explained = ops.where(varies, 1.0 - residues / ops.where(varies, spread, 1.0), 0.0)
            return ops.sum(explained) / ops.maximum(ops.sum(ops.cast(varies, self.dtype)), 1.0)

        def get_config(self) -> dict[str, Any]:
            """Name, type and scale."""
            return {**super().get_config(), "scale": asdict(self.scale)}

    return R2
