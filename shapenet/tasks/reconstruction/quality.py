"""How alike two images are: peak signal-to-noise ratio and structural similarity."""

from __future__ import annotations

from typing import Any

WINDOW = 11
"""Side of SSIM's window in pixels."""
_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2
_LEAST_ERROR = 1e-10


def psnr(y_true: Any, y_pred: Any) -> Any:
    """Peak signal-to-noise ratio of each image in dB, ``-10 log10(MSE)``; more is better.

    Equal images, whose ratio is infinite, get 100 dB, which is the most that any get.

    Args:
        y_true: Images from 0 to 1, floating point ``(batch, height, width, channels)``.
        y_pred: The same; what lies outside of 0..1 counts as it is.

    Returns:
        One number an image, ``(batch,)``.
    """
    from keras import ops

    error = ops.mean(ops.square(y_true - y_pred), axis=(1, 2, 3))
    return ops.log10(ops.maximum(error, _LEAST_ERROR)) * -10.0


def ssim(y_true: Any, y_pred: Any) -> Any:
    """Structural similarity of each image (Wang et al., 2004), from -1 to 1; 1 for equal images.

    ``SSIM = (2 mx my + C1)(2 sxy + C2) / ((mx^2 + my^2 + C1)(sx^2 + sy^2 + C2))``, where means m,
    variances and the covariance s are weighed by a Gaussian window of 11 x 11 pixels with a
    standard deviation of 1.5; ``C1 = 0.01^2``, ``C2 = 0.03^2``. The mean over all places where
    the window lies within the image, and over the channels. An image lower or narrower than 11
    pixels gets a window of its own height or width.

    Args:
        y_true: Images from 0 to 1, floating point ``(batch, height, width, channels)``.
        y_pred: The same.

    Returns:
        One number an image, ``(batch,)``.
    """
    from keras import ops

    maps = (y_true, y_pred, y_true * y_true, y_pred * y_pred, y_true * y_pred)
    mean_true, mean_pred, square_true, square_pred, product = ops.split(_blurred(ops.concatenate(maps)), 5)
    # Rounding may take a variance below 0.
    variance_true = ops.maximum(square_true - mean_true * mean_true, 0.0)
    variance_pred = ops.maximum(square_pred - mean_pred * mean_pred, 0.0)
    covariance = product - mean_true * mean_pred
    above = (2 * mean_true * mean_pred + _C1) * (2 * covariance + _C2)
    below = (mean_true**2 + mean_pred**2 + _C1) * (variance_true + variance_pred + _C2)
    return ops.mean(above / below, axis=(1, 2, 3))


def _blurred(images: Any) -> Any:
    """Means under the window at every place where it lies within the image."""
    from keras import ops

    _, height, width, channels = ops.shape(images)
    column = ops.reshape(_weights(height), (-1, 1, 1, 1))
    row = ops.reshape(_weights(width), (1, -1, 1, 1))
    for weights in (column, row):
        kernel = ops.cast(ops.tile(weights, (1, 1, channels, 1)), images.dtype)
        images = ops.depthwise_conv(images, kernel, padding="valid", data_format="channels_last")
    return images


def _weights(side: Any) -> Any:
    """A Gaussian over the window, or over a `side` (a number or a tensor) that is shorter; its sum is 1."""
    from keras import ops

    length = min(WINDOW, side) if isinstance(side, int) else ops.minimum(WINDOW, side)
    offsets = ops.cast(ops.arange(length), "float32") - (ops.cast(length, "float32") - 1) / 2
    weights = ops.exp(-ops.square(offsets) / (2 * _SIGMA**2))
    return weights / ops.sum(weights)
