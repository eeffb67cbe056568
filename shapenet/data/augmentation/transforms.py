"""One Keras layer applied to a batch: the image, and all that has to move or mix with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shapenet.data.augmentation.elastic import ElasticField
from shapenet.data.augmentation.homography import MOVES_POINTS, move_points

MIXES = frozenset({"CutMix", "MixUp"})
"""Names of the layers that blend images of a batch, and their labels with them."""
MOVES_MASKS = MOVES_POINTS | {"RandomElasticTransform", "CutMix"}
"""Names of the layers that move or exchange parts of images."""
_BACKGROUND = 0.0

Batch = dict[str, Any]
"""Tensors by field: ``image`` float32 ``(batch, height, width, channels)``, ``label``, masks, points."""


@dataclass(frozen=True)
class Moving:
    """Names of the fields that lie in the image, and so move with it.

    Attributes:
        masks: Class numbers a pixel, integers ``(height, width)`` or ``(height, width, 1)``; 0 is background.
        points: x and y in pixels from the top left corner, float32 ``(..., 2)``.
        pairs: Fields of a number each that are x and y of such points, float32 ``()``.
        images: Pictures of the size of the image; they are moved as it is, but keep their colours.
    """

    masks: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()


def one_layer(layer: Any, batch: Batch, moving: Moving) -> Batch:
    """Draw once, and change the image and the fields that move or mix with it alike.

    Args:
        layer: The Keras layer.
        batch: The batch; masks as float32 ``(batch, height, width, 1)``, further images as float32, labels that mix
            as vectors.
        moving: Which fields move.
    """
    import tensorflow as tf

    name, image = type(layer).__name__, batch["image"]
    if name == "RandomElasticTransform":
        return _elastic(layer, batch, moving)
    drawn = layer.get_random_transformation(image, training=True)
    changed = {"image": tf.ensure_shape(layer.transform_images(image, drawn, training=True), image.shape)}
    if name in MIXES and "label" in batch:
        changed["label"] = layer.transform_labels(batch["label"], drawn, training=True)
    if name in MOVES_MASKS:
        changed.update((field, _moved_mask(layer, drawn, batch[field])) for field in moving.masks)
        changed.update((field, _moved_image(layer, drawn, batch[field])) for field in moving.images)
    if name in MOVES_POINTS:
        size = tuple(image.shape[1:3])
        changed.update((field, move_points(layer, drawn, batch[field], size)) for field in moving.points)
    return {**batch, **changed}


def _elastic(layer: Any, batch: Batch, moving: Moving) -> Batch:
    import tensorflow as tf

    drawn = ElasticField(layer, batch["image"])
    image = drawn.apply(batch["image"], layer.interpolation, layer.fill_value)
    changed = {"image": tf.clip_by_value(image, *layer.value_range)}
    changed.update((field, drawn.apply(batch[field], "nearest", _BACKGROUND)) for field in moving.masks)
    changed.update((field, drawn.apply(batch[field], layer.interpolation, layer.fill_value)) for field in moving.images)
    return {**batch, **changed}


def _moved_image(layer: Any, drawn: Any, image: Any) -> Any:
    import tensorflow as tf

    if type(layer).__name__ == "CutMix":
        other = tf.gather(image, drawn["permutation_order"])
        return tf.where(drawn["batch_masks"][..., :1], other, image)
    return tf.ensure_shape(layer.transform_images(image, drawn, training=True), image.shape)


def _moved_mask(layer: Any, drawn: Any, mask: Any) -> Any:
    import tensorflow as tf

    if type(layer).__name__ == "CutMix":  # Keras's needs as many channels as the image has
        other = tf.gather(mask, drawn["permutation_order"])
        return tf.where(drawn["batch_masks"][..., :1], other, mask)
    with _filling(layer, _BACKGROUND):
        return layer.transform_segmentation_masks(mask, drawn, training=True)


@contextmanager
def _filling(layer: Any, value: float) -> Iterator[None]:
    """Let a layer fill what comes in from outside with `value`: an image's filling is no class number."""
    before = getattr(layer, "fill_value", value)
    layer.fill_value = value
    try:
        yield
    finally:
        layer.fill_value = before
