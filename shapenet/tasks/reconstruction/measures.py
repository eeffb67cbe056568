"""PSNR and SSIM as metrics, and SSIM as a loss, by names that a config may give."""

from __future__ import annotations

from functools import cache
from typing import Any

from shapenet.registry import REGISTRIES


@REGISTRIES["metric"].register("PSNR")
def psnr_metric(*, name: str = "psnr") -> Any:
    """Peak signal-to-noise ratio of images from 0 to 1 in dB, the mean over images.

    Args:
        name: What the metric is called.
    """
    return metric_classes()["PSNR"](name=name)


@REGISTRIES["metric"].register("SSIM")
def ssim_metric(*, name: str = "ssim") -> Any:
    """Structural similarity of images from 0 to 1 (Wang et al., 2004), the mean over images.

    Args:
        name: What the metric is called.
    """
    return metric_classes()["SSIM"](name=name)


@REGISTRIES["loss"].register("SSIM")
def ssim_loss() -> Any:
    """One minus the structural similarity of images from 0 to 1 (Wang et al., 2004)."""
    return loss_class()()


@cache
def metric_classes() -> dict[str, Any]:
    """The classes of the metrics, by name; Keras can serialise them."""
    import keras

    from shapenet.tasks.reconstruction.quality import psnr, ssim

    class _OfImages(keras.metrics.Mean):  # type: ignore[misc]
        """The mean over images of a measure of each."""

        _direction = "up"

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            """Add images ``(batch, height, width, channels)`` from 0 to 1."""
            true, predicted = (keras.ops.cast(images, self.dtype) for images in (y_true, y_pred))
            super().update_state(self.measure(true, predicted), sample_weight)

    @keras.saving.register_keras_serializable("shapenet")
    class PSNR(_OfImages):
        """Mean peak signal-to-noise ratio in dB."""

        measure = staticmethod(psnr)

    @keras.saving.register_keras_serializable("shapenet")
    class SSIM(_OfImages):
        """Mean structural similarity."""

        measure = staticmethod(ssim)

    return {"PSNR": PSNR, "SSIM": SSIM}


@cache
def loss_class() -> Any:
    """The class of the loss; Keras can serialise it."""
    import keras

    from shapenet.tasks.reconstruction.quality import ssim

    @keras.saving.register_keras_serializable("shapenet")
    class SSIMLoss(keras.losses.Loss):  # type: ignore[misc]
        """One minus the structural similarity."""

        def __init__(self, name: str = "ssim_loss", **options: Any) -> None:
            super().__init__(name=name, **options)

        def call(self, y_true: Any, y_pred: Any) -> Any:
            """The loss of each image, ``(batch,)``, of images ``(batch, height, width, channels)`` from 0 to 1."""
            return 1.0 - ssim(y_true, y_pred)

    return SSIMLoss
