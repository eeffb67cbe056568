"""Elastic distortion of a whole batch (Simard, Steinkraus and Platt, 2003)."""

from __future__ import annotations

from typing import Any


class ElasticField:
    """The displacements that Keras's ``RandomElasticTransform`` describes, drawn and applied batch-wise.

    Keras's own function needs to know the batch's size when it is traced, displaces only along the
    diagonal, because x and y get the same noise, and draws new noise for a mask. So only its
    arguments and its strength are used here: noise of standard deviation s, smoothed by a Gaussian
    of standard deviation s, times a, where ``s = 0.05 * scale * min(height, width)`` and
    ``a = 0.1 * scale * max(height, width)``.

    Args:
        layer: The Keras layer.
        images: float32 ``(batch, height, width, channels)``.
    """

    def __init__(self, layer: Any, images: Any) -> None:
        import tensorflow as tf

        self._layer = layer
        height, width = images.shape[1:3]
        count = tf.shape(images)[0]
        random = layer.backend.random
        chance = random.uniform((count,), *layer.factor, seed=layer.draws)
        applied = random.uniform((count,), seed=layer.draws) < chance
        scale = random.uniform((), *layer.scale, seed=layer.draws)
        noise = random.normal((count, height, width, 2), seed=layer.draws)
        side = min(height, width)
        sigma = 0.05 * side * scale
        radius = int(3 * 0.05 * side * layer.scale[1])
        moved = 0.1 * max(height, width) * scale * sigma * _smooth(noise, sigma, radius)
        self._moved = tf.where(applied[:, None, None, None], moved, 0.0)

    def apply(self, images: Any, interpolation: str, fill_value: float) -> Any:
        """Sample images at the displaced places.

        Args:
            images: float32 ``(batch, height, width, channels)``.
            interpolation: ``bilinear`` or ``nearest``.
            fill_value: What stands outside of an image where ``fill_mode`` is ``constant``.
        """
        import tensorflow as tf

        height, width = images.shape[1:3]
        y, x = tf.meshgrid(tf.range(height, dtype=tf.float32), tf.range(width, dtype=tf.float32), indexing="ij")
        places = tf.stack([y + self._moved[..., 1], x + self._moved[..., 0]], axis=-1)
        mode = self._layer.fill_mode
        if interpolation == "nearest":
            return _pixels(images, tf.round(places), mode, fill_value)
        first = tf.floor(places)
        far = places - first
        sampled = tf.zeros_like(images)
        for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = tf.reduce_prod(tf.abs(1 - tf.constant(corner, tf.float32) - far), axis=-1, keepdims=True)
            sampled += weight * _pixels(images, first + tf.constant(corner, tf.float32), mode, fill_value)
        return sampled


def _pixels(images: Any, places: Any, mode: str, fill_value: float) -> Any:
    """The pixels at whole `places`, ``(batch, height, width, 2)`` of y and x, some of them outside."""
    import tensorflow as tf

    size = tf.constant(tuple(images.shape[1:3]), tf.int32)
    places = tf.cast(places, tf.int32)
    inside = tf.clip_by_value(places, 0, size - 1)
    if mode == "wrap":
        nearest = tf.math.floormod(places, size)
    elif mode == "reflect":  # the edge's pixel twice, as Keras's other layers do
        folded = tf.math.floormod(places, 2 * size)
        nearest = tf.minimum(folded, 2 * size - 1 - folded)
    else:
        nearest = inside
    pixels = tf.ensure_shape(tf.gather_nd(images, nearest, batch_dims=1), images.shape)
    if mode == "constant":
        pixels = tf.where(tf.reduce_all(places == inside, axis=-1, keepdims=True), pixels, fill_value)
    return pixels


def _smooth(noise: Any, sigma: Any, radius: int) -> Any:
    """`noise`, ``(batch, height, width, 2)``, blurred by a Gaussian that is cut off at `radius`."""
    import tensorflow as tf

    offsets = tf.range(-radius, radius + 1, dtype=tf.float32)
    weights = tf.exp(-0.5 * tf.square(offsets / tf.maximum(sigma, 1e-3)))
    weights /= tf.reduce_sum(weights)
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        kernel = tf.tile(tf.reshape(weights, shape), (1, 1, 2, 1))
        noise = tf.nn.depthwise_conv2d(noise, kernel, (1, 1, 1, 1), "SAME")
    return noise
