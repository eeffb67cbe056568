"""The model under check: trained a step at a time, looked into, and put back to where it was."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shapenet.models.augmenting import augmenting, augmenting_layers
from shapenet.training.build import Compiled
from shapenet.training.inputs import given_of

if TYPE_CHECKING:
    import numpy.typing as npt

Arrays = Mapping[str, "npt.NDArray[Any]"]
"""Inputs of some examples by their fields, or targets or outputs by the tasks' names; ``(n, ...)`` each."""

Layers = tuple[str, ...]
"""Names of layers."""

_MOMENTUM = 0.8
"""Of the moving averages of batch normalisation, which have to settle within a few steps."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples as the model takes them.

    Attributes:
        inputs: What the model is given: images, or fields in place of them.
        targets: What the losses take.
    """

    inputs: Arrays
    targets: Arrays

    @property
    def images(self) -> npt.NDArray[Any] | None:
        """The images, ``(n, height, width, channels)``; None where the model is given none."""
        return self.inputs.get("image")

    def __len__(self) -> int:
        """Number of examples."""
        return len(next(iter(self.inputs.values())))

    def at(self, positions: slice) -> Batch:
        """Some of the examples."""
        return Batch(_cut(self.inputs, positions), _cut(self.targets, positions))


def _cut(arrays: Arrays, positions: slice) -> dict[str, npt.NDArray[Any]]:
    return {name: values[positions] for name, values in arrays.items()}


@dataclass(frozen=True)
class Trained:
    """What a short training saw.

    Attributes:
        losses: Of each step, before its update.
        out_of_time: Whether the time was up before all steps were done.
    """

    losses: tuple[float, ...]
    out_of_time: bool

    def last(self, num_steps: int) -> float:
        """The mean loss of the last steps."""
        losses = self.losses[-num_steps:]
        return sum(losses) / len(losses)


class Learner:
    """A compiled model with its first weights.

    Losses are those of the tasks alone: regularizers take part in training, but are not counted. Augmentations among
    the model's layers do nothing unless they are asked for.

    Args:
        compiled: The model; it becomes the learner's own.
        loss_weights: What the loss of each task counts in the sum.
        batch_size: Examples in a step.
    """

    def __init__(self, compiled: Compiled, loss_weights: Mapping[str, float], batch_size: int) -> None:
        self.compiled = compiled
        self.model = compiled.model
        self.batch_size = batch_size
        self.augmentations = augmenting_layers(self.model)
        self._weights = loss_weights
        for layer in self.model._flatten_layers():
            if type(layer).__name__ == "BatchNormalization":
                layer.momentum = min(layer.momentum, _MOMENTUM)
        self._variables = [*self.model.variables, *self.model.optimizer.variables]
        self._initial = self.state()
        self._make_functions()

    def state(self) -> list[Any]:
        """All that training changes."""
        return [variable.numpy() for variable in self._variables]

    def reset(self, state: Sequence[Any] | None = None) -> None:
        """Go back to a state; to the first one unless another is given."""
        for variable, value in zip(self._variables, state or self._initial, strict=True):
            variable.assign(value)

    def losses(self, targets: Arrays, outputs: Arrays) -> dict[str, float]:
        """The loss of each task."""
        return {name: float(task.loss(targets[name], outputs[name])) for name, task in self.compiled.tasks.items()}

    def loss(self, targets: Arrays, outputs: Arrays) -> float:
        """The weighted sum of the losses."""
        return sum(self._weights.get(name, 1.0) * loss for name, loss in self.losses(targets, outputs).items())

    def outputs(self, inputs: Arrays, *, training: bool, augmentations: Layers = ()) -> dict[str, npt.NDArray[Any]]:
        """What the model gives, batch by batch.

        Args:
            inputs: What it is given.
            training: Whether layers work as they do in training: dropout, statistics of the batch.
            augmentations: Those layers of the model that augment meanwhile.
        """
        import numpy as np

        starts = range(0, len(next(iter(inputs.values()))), self.batch_size)
        batches = [_cut(inputs, slice(start, start + self.batch_size)) for start in starts]
        parts = [self._forward(batch, training, augmentations) for batch in batches]
        return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}

    def gradients(self, batch: Batch) -> list[Any]:
        """The gradient of each trainable variable, float32; None where the loss does not depend on it."""
        import tensorflow as tf

        found = self._gradients(dict(batch.inputs), dict(batch.targets))
        return [None if value is None else tf.convert_to_tensor(value).numpy() for value in found]

    def train(
        self, examples: Batch, num_steps: int, seconds: float, *, enough: float = 0.0, augmentations: Layers = ()
    ) -> Trained:
        """Train onward from the present weights on the same batches again and again.

        Args:
            examples: Cut into batches in their order.
            num_steps: The most steps.
            seconds: The most time, not counting the first step, which compiles.
            enough: Stop where the mean loss of a round over the examples is below this share of the first, which is
                above 0.
            augmentations: Those layers of the model that augment meanwhile.
        """
        starts = range(0, max(1, len(examples) - self.batch_size + 1), self.batch_size)
        batches = [examples.at(slice(start, start + self.batch_size)) for start in starts]
        losses: list[float] = []
        began = time.monotonic()
        for step in range(num_steps):
            batch = batches[step % len(batches)]
            losses.append(float(self._step(dict(batch.inputs), dict(batch.targets), augmentations)))
            if step == 0:
                began = time.monotonic()
            is_round = (step + 1) % len(batches) == 0
            wanted = enough * sum(losses[: len(batches)])
            if is_round and wanted > 0 and sum(losses[-len(batches) :]) < wanted:
                break
            if time.monotonic() - began > seconds and step + 1 < num_steps:
                return Trained(tuple(losses), out_of_time=True)
        return Trained(tuple(losses), out_of_time=False)

    def _make_functions(self) -> None:
        import tensorflow as tf

        model, optimizer = self.model, self.model.optimizer

        @functools.cache
        def model_with(training: bool, augmentations: Layers) -> Any:
            with tf.init_scope():
                return augmenting(model, augmentations, training=training)

        def forward(inputs: Any, training: bool, augmentations: Layers) -> dict[str, Any]:
            outputs = model_with(training, augmentations)(given_of(inputs, self.compiled.inputs))
            return dict(outputs) if isinstance(outputs, dict) else {"": outputs}

        def losses(inputs: Any, targets: Any, augmentations: Layers = ()) -> tuple[Any, Any]:
            """The tasks' loss, and what is trained on."""
            outputs = forward(inputs, True, augmentations)
            loss = tf.add_n([
                tf.cast(self._weights.get(name, 1.0) * task.loss(targets[name], outputs[name]), tf.float32)
                for name, task in self.compiled.tasks.items()
            ])  # fmt: skip
            return loss, loss + sum(tf.cast(extra, tf.float32) for extra in model.losses)

        def step(inputs: Any, targets: Any, augmentations: Layers) -> Any:
            variables = model.trainable_variables
            with tf.GradientTape() as tape:
                loss, total = losses(inputs, targets, augmentations)
                scaled = optimizer.scale_loss(total)
            found = tape.gradient(scaled, variables, unconnected_gradients="zero")
            optimizer.apply(found, variables)
            return loss

        def gradients(inputs: Any, targets: Any) -> Any:
            with tf.GradientTape() as tape:
                loss, _ = losses(inputs, targets)
            return tape.gradient(loss, model.trainable_variables)

        self._step = tf.function(step, reduce_retracing=True)
        self._gradients = tf.function(gradients, reduce_retracing=True)
        self._forward = tf.function(forward, reduce_retracing=True)
