"""The block ``Backbone``: a network of ``keras.applications`` without its classifier."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from shapenet.errors import ConfigError, RunError
from shapenet.layers.applications import APPLICATIONS, Application
from shapenet.layers.parts import check_map
from shapenet.registry import REGISTRIES, OneOf
from shapenet.rundir.hdf5 import open_arrays
from shapenet.values import ConfigPath

_FILES_AT = "https://storage.googleapis.com/tensorflow/keras-applications/"
_SIZES_OF_MODEL = 8
"""The largest file of weights: with a classifier, and what an optimizer kept of each weight."""
_BYTES_AT_LEAST = 1_000_000
_MAX_ATTRIBUTE_BYTES = 65_536
"""What HDF5 itself allows; Keras's old format lists all layers in one."""
_read_files: ContextVar[bool] = ContextVar("read_files", default=True)


def _no_download(value: object) -> object:
    if isinstance(value, str) and value.lower() in ("imagenet", "noisy-student", "advprop"):
        wanted = "null or a file on this machine, since nothing is downloaded"
        raise ValueError(f"expected {wanted} ({_FILES_AT} has some: take one with notop or no_top in its name)")
    return value


_Weights = Annotated[ConfigPath | None, BeforeValidator(_no_download)]


@REGISTRIES["layer"].register("Backbone")
def backbone(
    *,
    application: Annotated[str, OneOf(tuple(APPLICATIONS), or_null=False)],
    weights: _Weights = None,
    trainable: bool = True,
    output: Literal["features", "average", "max"] = "features",
    input_max: Annotated[float, Field(gt=0)] = 1.0,
    name: str | None = None,
) -> Any:
    """A network of keras.applications without its classifier; it scales pixels the way it expects them.

    Gray images are repeated to three channels. Its layers of Keras are one layer of the model; patterns
    mean them all by its name, and each as ``name/layer``.

    Args:
        application: Its name in ``keras.applications``.
        weights: An .h5 file on this machine, such as the ``notop`` files that Keras offers; null
            for random weights. Nothing is downloaded.
        trainable: Whether its weights are trained. If not, it works as outside of training: batch
            normalization by the statistics that it has, no dropout.
        output: ``features``, a map; or ``average`` or ``max`` of each channel over the whole map.
        input_max: What white is in its input: 1 after the model's own scaling, 255 with
            ``model.input_scaling: none``.
        name: What later layers may call its output.

    Returns:
        A function from ``(batch, height, width, 1 or 3)`` to ``(batch, rows, columns, channels)``,
        or ``(batch, channels)``.
    """

    def apply(images: Any) -> Any:
        from keras import layers

        about = APPLICATIONS[application]
        channels, height, width = _checked_shape(application, about, images)
        if channels == 1:
            images = layers.Concatenate(name=name and f"{name}.gray_to_rgb")([images] * 3)
        inner = {"application": application, "output": output, "input_max": input_max}
        layer = _layer_class()(**inner, image_size=(height, width), name=name)
        if weights is not None and _read_files.get():
            load_weights(layer.model, application, weights)
        for inner in layer.model._flatten_layers(include_self=False):
            if not getattr(inner, "layers", None):  # each by itself, so that some of them can begin to learn
                inner.trainable = trainable
        return layer(images)

    return apply


@contextmanager
def without_weight_files() -> Iterator[None]:
    """Leave the files of weights unread: for models whose weights all come from elsewhere."""
    token = _read_files.set(False)
    try:
        yield
    finally:
        _read_files.reset(token)


def _checked_shape(application: str, about: Application, images: Any) -> tuple[int, int | None, int | None]:
    check_map("Backbone", images)
    height, width, channels = images.shape[1:]
    if channels not in (1, 3):
        message = f"{application} takes images of 1 or 3 channels, received {channels}"
        raise ConfigError("model/shape", message, hint="insert Conv2D: {filters: 3, kernel_size: 1} before it")
    least = about.least_size
    if any(side is not None and side < least for side in (height, width)):
        message = f"{application} needs images of at least {least} x {least}, received {height} x {width}"
        hint = f"insert Resizing: {{height: {least}, width: {least}}} before it"
        raise ConfigError("model/shape", message, hint=hint)
    return channels, height, width


def load_weights(model: Any, application: str, path: Path) -> None:
    """Read the weights of a backbone, of Keras's legacy form or the present one.

    Args:
        model: The application's model.
        application: Its name.
        path: The file.

    Raises:
        ConfigError: ``model/weights``: it is missing, no HDF5 file, or of another network.
    """
    key = ("Backbone", "weights")
    if not path.is_file():
        what = "not a file" if path.exists() else "no such file"
        message = f"weights of {application}: {what}: {path}"
        hint = f"get one from {_FILES_AT} (its name has notop or no_top in it), or leave weights out"
        raise ConfigError("model/weights", message, key=key, hint=hint)
    if path.suffix not in (".h5", ".hdf5"):
        message = f"weights of {application}: expected a file of weights, *.h5, received {path.name}"
        raise ConfigError("model/weights", message, key=key, hint="model.save_weights('x.weights.h5') writes one")
    num_bytes = 4 * model.count_params()
    try:
        with open_arrays(path, None, _SIZES_OF_MODEL * num_bytes + _BYTES_AT_LEAST, _MAX_ATTRIBUTE_BYTES):
            pass  # it was looked at
        model.load_weights(path)
    except (RunError, ValueError, KeyError, OSError, TypeError, AttributeError, RuntimeError) as error:
        reason = error.problems[0].message if isinstance(error, RunError) else " ".join(str(error).split())[:300]
        message = f"weights of {application} can't be read from {path}: {reason}"
        hint = "take the file of just this application without its classifier: its name has notop or no_top in it"
        raise ConfigError("model/weights", message, key=key, hint=hint) from error


@cache
def _layer_class() -> Any:
    import keras

    @keras.saving.register_keras_serializable(package="shapenet")
    class Backbone(keras.layers.Layer):  # type: ignore[misc]
        """See `backbone`. `model` is the application's own."""

        def __init__(
            self, application: str, output: str, input_max: float, image_size: tuple[int | None, int | None],
            **more: Any,
        ) -> None:  # fmt: skip
            super().__init__(**more)
            self.arguments = {
                "application": application, "output": output, "input_max": input_max, "image_size": image_size,
            }  # fmt: skip
            about = APPLICATIONS[application]
            scale, offset = about.rescaling(input_max)
            self.blue_first = about.pixels == "caffe"
            self.rescaling = keras.layers.Rescaling(scale, offset, name="pixels")
            self.model = getattr(keras.applications, application)(
                include_top=False, weights=None, input_shape=(*image_size, 3), name=application.lower(),
                pooling={"features": None, "average": "avg", "max": "max"}[output],
            )  # fmt: skip

        def call(self, images: Any, training: bool = False) -> Any:
            """Features of `images`; as outside of training where it is not trained."""
            if self.blue_first:
                images = keras.ops.flip(images, axis=-1)
            return self.model(self.rescaling(images), training=bool(training) and bool(self.trainable_weights))

        def compute_output_shape(self, input_shape: Any) -> Any:
            """That of the model."""
            return self.model.compute_output_shape(input_shape)

        def get_config(self) -> dict[str, Any]:
            """The arguments that make the layer."""
            return {**super().get_config(), **self.arguments}

    return Backbone
