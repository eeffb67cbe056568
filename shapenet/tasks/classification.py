"""Classification: each image belongs to one class."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Component

if TYPE_CHECKING:
    import numpy.typing as npt


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
        loss = given or Component("loss", "SparseCategoricalCrossentropy")
        if "from_logits" in loss.entry.parameters and "from_logits" not in loss.arguments:
            arguments = {**loss.arguments, "from_logits": logits}
            return Component("loss", loss.name, MappingProxyType(arguments))
        return loss

    def metrics(self, given: tuple[Component, ...] | None) -> tuple[Component, ...]:
        """Accuracy. See `Task.metrics`."""
        return (Component("metric", "accuracy"),) if given is None else given

    def one_hot(self, loss: Component) -> bool:
        """Only Keras's sparse losses take class numbers. See `Task.one_hot`."""
        return not loss.name.startswith("Sparse")

    def probabilities(self, outputs: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """Softmax of logits, in float64 for sums that add up. See `Task.probabilities`."""
        import numpy as np

        values = outputs.astype(np.float64)
        if logits:
            values = np.exp(values - values.max(axis=-1, keepdims=True))
            values /= values.sum(axis=-1, keepdims=True)
        return values.astype(np.float32)
