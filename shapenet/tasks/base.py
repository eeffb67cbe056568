"""What every task brings."""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt

from shapenet.registry import Component


class Task(Protocol):
    """What is learnt. Nothing else in shapenet asks which task it is.

    Attributes:
        monitor: The value that names the best epoch, without ``val_``.
        mixed_loss: The task's own loss where augmentations mix labels, so that each is a vector
            over the classes; None if it has no labels to mix.
    """

    monitor: str
    mixed_loss: str | None

    def head(self, features: Any, num_classes: int) -> Any:
        """The output that follows the last layer.

        Args:
            features: The last layer's output, a symbolic Keras tensor.
            num_classes: How many classes the data has.

        Raises:
            ConfigError: The head can't follow an output of this shape.
        """
        ...

    def check_output(self, shape: tuple[int | None, ...], num_classes: int) -> None:
        """Refuse a model whose own last layer has the wrong shape.

        Raises:
            ConfigError: With the shape that was expected.
        """
        ...

    def loss(self, given: Component | None, *, logits: bool) -> Component:
        """The loss, the task's own unless one is `given`.

        Args:
            given: The config's loss.
            logits: Whether the model gives logits rather than probabilities.

        Raises:
            ConfigError: The loss is not one for the task's targets.
        """
        ...

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """The metrics, the task's own unless some are `given`.

        Args:
            given: The config's metrics.
            logits: Whether the model gives logits rather than probabilities.
        """
        ...

    def on_outputs(self, made: Any, component: Component, *, logits: bool) -> Any:
        """A loss or metric as it is to be computed of the model's outputs.

        Args:
            made: A ``keras.losses.Loss``, a ``keras.metrics.Metric``, or the short name of one.
            component: What it was made of.
            logits: Whether the model gives logits rather than probabilities.

        Returns:
            `made` itself, or one that sees the outputs as `made` needs them.
        """
        ...

    def one_hot(self, loss: Component) -> bool:
        """Whether `loss` takes its targets as vectors over the classes."""
        ...

    def probabilities(self, outputs: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """What the model's outputs say, float32 of shape ``(n, num_classes)``.

        Rows made of logits add up to 1. Outputs that are probabilities already stay as they
        are: those of a sigmoid judge each class by itself, so their rows need not add up to 1.
        """
        ...
