"""A regression whose data is known: targets, output layer, loss and metrics in the user's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shapenet.errors import ConfigError
from shapenet.registry import Component
from shapenet.tasks.base import DataSpec, Tensors
from shapenet.tasks.moments import moments_of
from shapenet.tasks.regression.numbers import numbers_of
from shapenet.tasks.regression.parts import loss_on_standardised, metric_on_values, units_class
from shapenet.tasks.regression.scale import Scale
from shapenet.tasks.report import Evaluator
from shapenet.tasks.without_classes import WithoutClasses

if TYPE_CHECKING:
    import numpy.typing as npt

    from shapenet.tasks.regression.task import Regression


class BoundRegression(WithoutClasses):
    """Numbers of an image; see `shapenet.tasks.base.BoundTask`.

    Args:
        task: What to predict.
        data: Types, shapes and statistics of the fields.

    Raises:
        ConfigError: A field is no number and no vector, or a point is none.
    """

    def __init__(self, task: Regression, data: DataSpec) -> None:
        self._task = task
        self.numbers = numbers_of(task, data.fields)
        self.moves = task.moves
        self.scale = _scale(task, data)

    def head(self, features: Any, *, prefix: str) -> Any:
        """A dense layer of standardised numbers, then one that gives the user's units, both float32.

        If some numbers are angles, their sines and cosines, of which they are made, follow all values.
        """
        if len(features.shape) != 2:
            message = (
                "the regression head needs a vector for each image, "
                f"received {tuple(features.shape[1:])} from the last layer"
            )
            hint = (
                "end model.layers with Flatten; GlobalAveragePooling2D fits too, but tells little of where things are"
            )
            raise ConfigError("model/head", message, hint=hint)
        import keras

        dense = keras.layers.Dense(self.scale.num_standardised, dtype="float32", name=f"{prefix}standardised")
        return units_class()(self.scale, dtype="float32", name=f"{prefix}values")(dense(features))

    def check_output(self, shape: tuple[int | None, ...]) -> None:
        """One value a number is expected, in its own unit. See `BoundTask.check_output`."""
        if self.scale.num_angles:
            message = "angles need the task's own output layer, which gives sines and cosines"
            raise ConfigError("model/output", message, hint="leave the output to the task with model.head: auto")
        if tuple(shape[1:]) != (len(self.numbers),):
            names = ", ".join(number.name for number in self.numbers.each[:8])
            message = f"expected an output of shape ({len(self.numbers)},) for {names}; received {tuple(shape[1:])}"
            hint = (
                f"end model.layers with Dense: {{units: {len(self.numbers)}}}, or leave the output to model.head: auto"
            )
            raise ConfigError("model/output", message, hint=hint)

    def make(self, component: Component, *, logits: bool) -> Any:
        """Losses see standardised values, metrics the user's units, angles the shorter way round."""
        if component.name == "R2" and component.entry.origin == "shapenet":
            return component.create(self.scale)
        if component.kind == "loss":
            return loss_on_standardised(component.create(), self.scale)
        return metric_on_values(component.create(), self.scale)

    def encode(self, batch: Tensors, loss: Component) -> Any:
        """All numbers in the user's units, float32 ``(batch, numbers)``. See `BoundTask.encode`."""
        import tensorflow as tf

        values = [tf.cast(batch[name], tf.float32) for name in self._task.fields]
        sizes = [sum(number.field == name for number in self.numbers.each) for name in self._task.fields]
        return tf.concat([tf.reshape(v, (-1, size)) for v, size in zip(values, sizes, strict=True)], axis=1)

    def uninformed(self, targets: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """Numbers at their means, no direction of angles: squared errors of about 1 for each number.

        See `BoundTask.uninformed`.
        """
        import numpy as np

        nothing = np.zeros((len(targets), self.scale.num_standardised), np.float32)
        means, stds = (np.asarray(values, np.float32) for values in (self.scale.means, self.scale.stds))
        return np.asarray(self.scale.outputs(nothing, means, stds))

    def evaluator(self, num_examples: int, *, logits: bool) -> Evaluator:
        """See `BoundTask.evaluator`."""
        from shapenet.tasks.regression.evaluator import RegressionEvaluator

        return RegressionEvaluator(self._task.fields, self.numbers, self.scale, num_examples)


def _scale(task: Regression, data: DataSpec) -> Scale:
    """Mean and deviation of every number in the train split, or its period."""
    means: list[float] = []
    stds: list[float] = []
    periods: list[float] = []
    for name in task.fields:
        period = task.periods.get(name, 0.0)
        mean, std = moments_of(data, name, "config/regression", ("regression", "fields"))
        means.extend([0.0] * len(mean) if period else mean)
        stds.extend([1.0] * len(std) if period else std)
        periods.extend([period] * len(mean))
    return Scale(tuple(means), tuple(stds), tuple(periods))
