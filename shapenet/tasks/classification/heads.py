"""The output layer of a classifier."""

from __future__ import annotations

from typing import Any

from shapenet.errors import ConfigError


def class_scores(features: Any, num_classes: int, *, prefix: str) -> Any:
    """A dense layer that gives a logit for each class, in float32.

    Args:
        features: What it follows, a symbolic Keras tensor.
        num_classes: How many classes there are.
        prefix: Stands before the layer's name.

    Raises:
        ConfigError: It needs a vector for each image, and gets something else.
    """
    if len(features.shape) != 2:
        raise ConfigError(
            "model/head",
            "the classification head needs a vector for each image, "
            f"received {tuple(features.shape[1:])} from the last layer",
            hint="end model.layers with Flatten or GlobalAveragePooling2D",
        )
    import keras

    return keras.layers.Dense(num_classes, dtype="float32", name=f"{prefix}logits")(features)


def check_class_scores(shape: tuple[int | None, ...], num_classes: int, activation: str) -> None:
    """Refuse an output that has not one value for each class.

    Args:
        shape: The output's, with the batch's side.
        num_classes: How many classes there are.
        activation: What to advise for the last layer.

    Raises:
        ConfigError: With the shape that was expected.
    """
    if tuple(shape[1:]) != (num_classes,):
        raise ConfigError(
            "model/output",
            f"the data has {num_classes} classes: expected an output of shape ({num_classes},), "
            f"received {tuple(shape[1:])}",
            hint=f"end model.layers with Dense: {{units: {num_classes}, activation: {activation}}}, "
            "or leave the output to the task with model.head: auto",
        )
