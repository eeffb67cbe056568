"""A reconstruction whose data is known: targets from 0 to 1 and the output layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from shapenet.errors import ConfigError
from shapenet.fields import WHITE
from shapenet.registry import Component
from shapenet.tasks.base import DataSpec, Moves, Tensors
from shapenet.tasks.report import Evaluator
from shapenet.tasks.sides import check_sides
from shapenet.tasks.without_classes import WithoutClasses

if TYPE_CHECKING:
    import numpy.typing as npt


class BoundReconstruction(WithoutClasses):
    """An image from an image; see `shapenet.tasks.base.BoundTask`.

    Args:
        target: The field that holds the image to give.
        data: Types and shapes of the fields.

    Raises:
        ConfigError: The target is no image.
    """

    def __init__(self, target: str, data: DataSpec) -> None:
        self._target = target
        self._sees_images = data.inputs == ("image",)
        self._field = data.fields[target]
        if len(self._field.shape) != 3 or self._field.dtype not in WHITE:
            message = f"expected images in the field {target!r}, received {self._field.dtype} {self._field.shape}"
            hint = "for numbers there is task: {regression: {fields: [" + target + "]}}"
            raise ConfigError("config/reconstruction", message, key=("reconstruction", "target"), hint=hint)
        self.moves = Moves(images=() if target == "image" else (target,))

    def head(self, features: Any, *, prefix: str) -> Any:
        """A 1 x 1 convolution to the target's channels, or the given numbers in the target's shape; then a sigmoid.

        The sigmoid keeps outputs in 0..1, where metrics and pictures want them. With it
        binary cross-entropy is a loss too; a linear output ends a few tenths of a decibel higher on a small
        denoiser of shapes.
        """
        import keras

        shape = self._field.shape
        if len(features.shape) == 2:
            _check_count(features.shape[1], shape)
            reshaped = keras.layers.Reshape(shape, name=f"{prefix}pixels")(features)
            return keras.layers.Activation("sigmoid", dtype="float32", name=f"{prefix}image_out")(reshaped)
        if len(features.shape) != 4:
            message = f"the last layer gives {tuple(features.shape[1:])} for each image, which is no picture"
            raise ConfigError("model/head", message, hint=f"expected (height, width, channels) or {_count(shape)}")
        check_sides(tuple(features.shape[1:3]), shape[:2], "the target")
        output = keras.layers.Conv2D(shape[2], 1, activation="sigmoid", dtype="float32", name=f"{prefix}image_out")
        return output(features)

    def check_output(self, shape: tuple[int | None, ...]) -> None:
        """The target's shape is expected. See `BoundTask.check_output`."""
        target = self._field.shape
        if len(shape) != 4 or shape[3] != target[2]:
            message = f"expected an output of shape {target}, received {tuple(shape[1:])}"
            hint = (
                f"end model.layers with Conv2D: {{filters: {target[2]}, kernel_size: 1, activation: sigmoid}}, "
                "or leave the output to the task with model.head: auto"
            )
            raise ConfigError("model/output", message, hint=hint)
        check_sides(shape[1:3], target[:2], "the target", is_output=True)

    def make(self, component: Component, *, logits: bool) -> Any:
        """Losses and metrics see images from 0 to 1. See `BoundTask.make`.

        Raises:
            ConfigError: Binary cross-entropy is to compare outputs that may be below 0 or above 1.
        """
        if logits and component.kind == "loss" and component.name == "BinaryCrossentropy":
            message = "BinaryCrossentropy compares values from 0 to 1, and the model's last layer gives any numbers"
            hint = "end model.layers with activation: sigmoid, leave the output to the task with model.head: auto, "
            raise ConfigError("config/loss", message, key=("loss",), hint=f"{hint}or give MeanSquaredError")
        return component.create()

    def encode(self, batch: Tensors, loss: Component) -> Any:
        """The target from 0 to 1, float32 ``(batch, height, width, channels)``. See `BoundTask.encode`."""
        import tensorflow as tf

        return tf.cast(batch[self._target], tf.float32) / WHITE[self._field.dtype]

    def uninformed(self, targets: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """Gray, which is what a sigmoid gives at first; of another output the mean. See `BoundTask.uninformed`."""
        import numpy as np

        return np.full(targets.shape, targets.mean() if logits else 0.5, np.float32)

    def evaluator(self, num_examples: int, *, logits: bool) -> Evaluator:
        """See `BoundTask.evaluator`."""
        from shapenet.tasks.reconstruction.evaluator import ReconstructionEvaluator

        return ReconstructionEvaluator(self._target, num_examples, sees_images=self._sees_images)


def _check_count(received: int | None, shape: tuple[int | None, ...]) -> None:
    """Refuse a vector that does not have a number for each pixel and channel.

    Raises:
        ConfigError: With the layer that would give one.
    """
    if None in shape:
        message = "the last layer gives a vector, and images of any size need a picture for each"
        hint = "leave out Flatten and Dense, or give the source a size"
        raise ConfigError("model/head", message, hint=hint)
    if received != _count(shape):
        message = f"a picture {shape} has {_count(shape)} numbers, the last layer gives a vector of {received}"
        hint = (
            f"end model.layers with Dense: {{units: {_count(shape)}}}, or with convolutions that keep rows and columns"
        )
        raise ConfigError("model/head", message, hint=hint)


def _count(shape: tuple[int | None, ...]) -> int:
    return math.prod(side or 1 for side in shape)
