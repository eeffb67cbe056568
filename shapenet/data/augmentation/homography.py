"""Where points go when Keras's geometric layers move an image, exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_PIXEL_CENTRE = 0.5
"""Points count from the corner of the image, Keras's matrices from the centre of the first pixel."""


def move_points(layer: Any, drawn: Any, points: Any, size: tuple[int, int]) -> Any:
    """Move points as a layer moved their images.

    Args:
        layer: A Keras layer that `moves_points`.
        drawn: What its ``get_random_transformation`` gave.
        points: float32 ``(batch, ..., 2)``: x and y in pixels from the image's top left corner.
        size: Height and width of the image.

    Returns:
        The points' new places, in the same form; they may lie outside of the image.
    """
    import tensorflow as tf

    name = type(layer).__name__
    if name == "RandomFlip":
        return _flipped(layer.mode, drawn["flips"], points, size)
    flat = tf.reshape(points, (tf.shape(points)[0], -1, 2)) - _PIXEL_CENTRE
    homogeneous = tf.concat([flat, tf.ones_like(flat[..., :1])], axis=-1)
    # Keras's matrices lead from a pixel of the result to the one of the original that it shows.
    moved = tf.linalg.matmul(
        homogeneous, tf.linalg.inv(_square(_TO_ORIGINAL[name](layer, drawn, size))), transpose_b=True
    )
    moved = moved[..., :2] / moved[..., 2:] + _PIXEL_CENTRE
    moved = tf.reshape(moved, tf.shape(points))
    if name == "RandomPerspective":
        return tf.where(_like(drawn["apply_perspective"], points), moved, points)
    return moved


def _flipped(mode: str, flips: Any, points: Any, size: tuple[int, int]) -> Any:
    """`points` mirrored where `flips`, ``(batch, 1, 1, 1)``, says so."""
    import tensorflow as tf

    x, y = points[..., 0], points[..., 1]
    flips = _like(tf.reshape(flips, (-1,)), x)
    if "horizontal" in mode:
        x = tf.where(flips, size[1] - x, x)
    if "vertical" in mode:
        y = tf.where(flips, size[0] - y, y)
    return tf.stack([x, y], axis=-1)


def _like(values: Any, tensor: Any) -> Any:
    """`values` of shape ``(batch,)`` with axes of length 1 added, as many as `tensor` has more."""
    import tensorflow as tf

    return tf.reshape(values, (-1, *[1] * (len(tensor.shape) - 1)))


def _square(coefficients: Any) -> Any:
    """Eight coefficients a row, ``(batch, 8)``, as matrices ``(batch, 3, 3)``."""
    import tensorflow as tf

    coefficients = tf.cast(coefficients, tf.float32)
    return tf.reshape(tf.concat([coefficients, tf.ones_like(coefficients[:, :1])], axis=1), (-1, 3, 3))


def _rotation(layer: Any, drawn: Any, size: tuple[int, int]) -> Any:
    return drawn["rotation_matrix"]


def _translation(layer: Any, drawn: Any, size: tuple[int, int]) -> Any:
    return layer._get_translation_matrix(drawn["translations"])


def _zoom(layer: Any, drawn: Any, size: tuple[int, int]) -> Any:
    import tensorflow as tf

    return layer._get_zoom_matrix(tf.concat([drawn["width_zoom"], drawn["height_zoom"]], axis=1), *size)


def _shear(layer: Any, drawn: Any, size: tuple[int, int]) -> Any:
    return layer._get_shear_matrix(drawn["shear_factor"])


def _perspective(layer: Any, drawn: Any, size: tuple[int, int]) -> Any:
    return layer.backend.image.compute_homography_matrix(drawn["start_points"], drawn["end_points"])


_TO_ORIGINAL: dict[str, Callable[[Any, Any, tuple[int, int]], Any]] = {
    "RandomRotation": _rotation,
    "RandomTranslation": _translation,
    "RandomZoom": _zoom,
    "RandomShear": _shear,
    "RandomPerspective": _perspective,
}
MOVES_POINTS = frozenset({"RandomFlip", *_TO_ORIGINAL})
"""Names of the layers that `move_points` knows."""
