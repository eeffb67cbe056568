"""What TensorBoard shows beside Keras's scalars: the graph of operations, hyperparameters, samples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shapenet.callbacks.base import Listener

Scalar = str | bool | int | float


class TensorBoardExtras(Listener):
    """Writes once, when training begins, what Keras's own callback leaves out.

    Args:
        folder: TensorBoard's folder of the run.
        hyperparameters: Flat names and values.
        samples: A sheet of training images, uint8 ``(height, width, 3)``.
    """

    def __init__(self, folder: Path, hyperparameters: Mapping[str, Scalar], samples: Any) -> None:
        self._folder = folder
        self._hyperparameters = dict(hyperparameters)
        self._samples = samples

    def train_begin(self, model: Any) -> None:
        """Write graph, hyperparameters and samples."""
        import tensorflow as tf
        from tensorboard.plugins.hparams import api as hparams

        specs = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs}
        forward = tf.function(lambda given: model(given, training=False), autograph=False)
        graph = forward.get_concrete_function(specs.get("image", specs)).graph
        with tf.summary.create_file_writer(str(self._folder)).as_default(step=0) as writer:
            tf.summary.graph(graph)
            hparams.hparams(self._hyperparameters)
            tf.summary.image("training images", self._samples[None])
            writer.close()


def flat_values(values: Mapping[str, Any], prefix: str = "") -> dict[str, Scalar]:
    """A config's values under dotted names; what is null is left out."""
    flat: dict[str, Scalar] = {}
    for name, value in values.items():
        road = f"{prefix}{name}"
        if isinstance(value, list):
            value = {str(index): item for index, item in enumerate(value)}  # noqa: PLW2901
        if isinstance(value, Mapping):
            flat.update(flat_values(value, f"{road}."))
        elif value is not None:
            flat[road] = value
    return flat
