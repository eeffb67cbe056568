"""What TensorBoard shows beside Keras's scalars: the graph of operations, hyperparameters, samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shapenet.callbacks.base import Listener
from shapenet.keras_faults import sentence

Scalar = str | bool | int | float


class TensorBoardFaults:
    """Gives TensorBoard up, with one warning, once its folder can't be written: training goes on without it.

    Args:
        folder: The folder.
        warn: Takes the warning.

    Attributes:
        given_up: Whether it was.
    """

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        self._folder = folder
        self._warn = warn
        self.given_up = False

    @contextmanager
    def borne(self) -> Iterator[None]:
        """Bear what TensorFlow raises in the block."""
        import tensorflow as tf

        try:
            yield
        except (tf.errors.OpError, OSError) as error:
            if not self.given_up:
                self.given_up = True
                reason = sentence(error)[:300]
                self._warn(f"{self._folder}: TensorBoard's logs end here, for they can't be written: {reason}")


def bearing_faults(callback: Any, faults: TensorBoardFaults) -> Any:
    """A Keras callback that hands everything on to `callback` until TensorBoard is given up."""
    import keras

    def handed_on(name: str) -> Callable[..., None]:
        def call(*arguments: Any, **named: Any) -> None:
            if not faults.given_up:
                with faults.borne():
                    getattr(callback, name)(*arguments, **named)

        return call

    guard: Any = keras.callbacks.Callback()
    for name in dir(callback):
        if name.startswith("on_") or name in ("set_model", "set_params"):
            setattr(guard, name, handed_on(name))
    return guard


class TensorBoardExtras(Listener):
    """Writes once, when training begins, what Keras's own callback leaves out.

    Args:
        folder: TensorBoard's folder of the run.
        hyperparameters: Flat names and values.
        samples: A sheet of training images, uint8 ``(height, width, 3)``.
        faults: Bears faults of the disk.
    """

    def __init__(
        self, folder: Path, hyperparameters: Mapping[str, Scalar], samples: Any, faults: TensorBoardFaults
    ) -> None:
        self._faults = faults
        self._folder = folder
        self._hyperparameters = dict(hyperparameters)
        self._samples = samples

    def train_begin(self, model: Any) -> None:
        """Write the graph, which TensorFlow alone has, hyperparameters and samples."""
        with self._faults.borne():
            self._write(model)

    def _write(self, model: Any) -> None:
        import keras
        import tensorflow as tf
        from tensorboard.plugins.hparams import api as hparams

        with tf.summary.create_file_writer(str(self._folder)).as_default(step=0) as writer:
            if keras.config.backend() == "tensorflow":
                specs = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs}
                forward = tf.function(lambda given: model(given, training=False), autograph=False)
                tf.summary.graph(forward.get_concrete_function(specs.get("image", specs)).graph)
            hparams.hparams(self._hyperparameters)
            tf.summary.image("training images", self._samples[None])
            writer.close()
