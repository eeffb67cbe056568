"""Classification: each image belongs to one class."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.probabilities import loss_on_probabilities, metric_on_probabilities

if TYPE_CHECKING:
    import numpy.typing as npt


_OF_SCORES = (
    "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy",
    "Hinge", "SquaredHinge", "CategoricalHinge",
)  # fmt: skip
"""Metrics and losses that look at the order of the outputs only, or are meant for raw scores."""

_NOT_SIGMOID = ("AUC",)
"""Metrics that take logits for those of a sigmoid, where ours are of a softmax."""

_OF_CLASS_NUMBERS = ("CategoricalGeneralizedCrossEntropy",)
"""Losses that take the number of the class although no ``Sparse`` in their name says so."""

_NO_LOSS = {
    "Circle": "it compares the embeddings of images, and an output has a value for each class",
    "MeanAbsolutePercentageError": "it divides by the targets, which are 0 for all classes but one",
}
"""Keras's losses that mean nothing for classes, with the reason."""


@REGISTRIES["metric"].register("accuracy")
def accuracy() -> str:
    """Keras's accuracy in the form that fits the loss."""
    return "accuracy"


@REGISTRIES["task"].register("classification")
def classification() -> Classification:
    """Each image belongs to one class: softmax over the classes."""
    return Classification()


class Classification:
    """Softmax over the classes; the head is a dense layer that gives logits."""

    monitor = "loss"
    mixed_loss: str | None = "CategoricalCrossentropy"

    def head(self, features: Any, num_classes: int) -> Any:
        """A dense layer of `num_classes` logits in float32. See `Task.head`."""
        if len(features.shape) != 2:
            raise ConfigError(
                "model/head",
                "the classification head needs a vector for each image, "
                f"received {tuple(features.shape[1:])} from the last layer",
                hint="end model.layers with Flatten or GlobalAveragePooling2D",
            )
        import keras

        return keras.layers.Dense(num_classes, dtype="float32", name="logits")(features)

    def check_output(self, shape: tuple[int | None, ...], num_classes: int) -> None:
        """One value a class is expected. See `Task.check_output`."""
        if tuple(shape[1:]) != (num_classes,):
            raise ConfigError(
                "model/output",
                f"the data has {num_classes} classes: expected an output of shape ({num_classes},), "
                f"received {tuple(shape[1:])}",
                hint=f"end model.layers with Dense: {{units: {num_classes}, activation: softmax}}, "
                "or leave the output to the task with model.head: auto",
            )

    def loss(self, given: Component | None, *, logits: bool) -> Component:
        """Sparse categorical cross-entropy; losses that know ``from_logits`` are told. See `Task.loss`."""
        if given is not None and given.name in _NO_LOSS and given.entry.origin == "keras":
            message = f"{given.name} is not a loss for classification: {_NO_LOSS[given.name]}"
            hint = "leave the loss out, or give CategoricalCrossentropy, CategoricalFocalCrossentropy, Dice, ..."
            raise ConfigError("config/loss", message, key=("loss",), hint=hint)
        return _told(given or Component("loss", "SparseCategoricalCrossentropy"), logits)

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """Accuracy; metrics that know ``from_logits`` are told. See `Task.metrics`."""
        if given is None:
            return (Component("metric", "accuracy"),)
        return tuple(metric if metric.name in _NOT_SIGMOID else _told(metric, logits) for metric in given)

    def on_outputs(self, made: Any, component: Component, *, logits: bool) -> Any:
        """Keras's losses and metrics of probabilities get the softmax of logits; others see what the model gives.

        See `Task.on_outputs`.
        """
        knows = "from_logits" in component.arguments
        if not logits or knows or component.entry.origin != "keras" or component.name in _OF_SCORES:
            return made
        return loss_on_probabilities(made) if component.kind == "loss" else metric_on_probabilities(made)

    def one_hot(self, loss: Component) -> bool:
        """Only a few of Keras's losses take class numbers. See `Task.one_hot`."""
        return not loss.name.startswith("Sparse") and loss.name not in _OF_CLASS_NUMBERS

    def probabilities(self, outputs: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """Softmax of logits, in float64 for sums that add up. See `Task.probabilities`."""
        import numpy as np

        values = outputs.astype(np.float64)
        if logits:
            values = np.exp(values - values.max(axis=-1, keepdims=True))
            values /= values.sum(axis=-1, keepdims=True)
        return values.astype(np.float32)


def _told(component: Component, logits: bool) -> Component:
    """`component`, told whether the model gives logits if it can be told and the config does not."""
    if "from_logits" not in component.entry.parameters or "from_logits" in component.arguments:
        return component
    return Component(component.kind, component.name, MappingProxyType({**component.arguments, "from_logits": logits}))
