"""The augmentations of a config as one function from batch to batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from shapenet.data.augmentation.chains import aug_mix, rand_augment
from shapenet.data.augmentation.homography import MOVES_POINTS
from shapenet.data.augmentation.layers import make_layer, value_range
from shapenet.data.augmentation.transforms import MIXES, MOVES_MASKS, Batch, Moving, one_layer
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.keras_faults import keras_errors
from shapenet.registry import Component

_APPLY: Mapping[str, Callable[[Any, Batch, Moving], Batch]] = {"AugMix": aug_mix, "RandAugment": rand_augment}
_MOVES = MOVES_MASKS | {"RandAugment"}
_NO_MASKS = frozenset({"AugMix", "MixUp"})
_NO_POINTS = frozenset({"AugMix", "CutMix", "MixUp", "RandomElasticTransform"})


def mixes_labels(augmentations: Sequence[Component]) -> str | None:
    """The name of the first augmentation that mixes labels, or None."""
    return next((component.name for component in augmentations if component.name in MIXES), None)


class Augmenter:
    """Applies augmentations to batches, in TensorFlow, one after another.

    What it gives depends on its arguments and on the batch, its epoch and step alone: not on
    what it did before, on the process, or on how many devices share the batch. Images leave
    in the type that they came in, integers rounded and cut to their range, so that the model
    sees the same type in training and evaluation.

    Args:
        augmentations: Components of the kind ``augmentation``.
        seed: The experiment's seed.
        fields: The batch's fields: ``image``, and any others.
        num_classes: Length of the vectors that labels become where augmentations mix them.
        moving: Which fields move with the image.

    Raises:
        ConfigError: Keras refuses an argument or the images, or a field can't move with an
            image that an augmentation changes.
    """

    def __init__(
        self,
        augmentations: Sequence[Component],
        seed: int,
        fields: Mapping[str, Field],
        num_classes: int,
        moving: Moving | None = None,
    ) -> None:
        import tensorflow as tf

        self._augmentations = augmentations
        self._moving = _with_pairs_as_points(moving or Moving())
        self._fields = fields
        self._num_classes = num_classes
        _check_fields(augmentations, fields, self._moving)
        self._layers = []
        for number, component in enumerate(augmentations):
            with self._told(number):
                self._layers.append(make_layer(component, fields["image"].dtype, seed, number))
        self._compute = tf.function(self._augment, autograph=False)
        # Layers that Keras makes may still refuse the images: tell it now, not in the middle of training.
        batch = {name: tf.TensorSpec((None, *field.shape), field.dtype) for name, field in fields.items()}
        self._compute.get_concrete_function(batch, *[tf.TensorSpec((), tf.int32)] * 2)

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields of a batch that comes in."""
        return self._fields

    @property
    def image(self) -> Field:
        """Type and shape of an image."""
        return self._fields["image"]

    def __call__(self, batch: Batch, epoch: Any, step: Any) -> Batch:
        """The batch, augmented.

        Args:
            batch: A tensor for each field, ``(batch, *shape)``.
            epoch: Number of the epoch, from 0; a number or an integer tensor.
            step: Number of the batch in the epoch, from 0; for all devices together.

        Returns:
            The same fields in the same types and shapes, but that ``label`` is float32
            ``(batch, num_classes)`` where augmentations mix labels.
        """
        import tensorflow as tf

        result: Batch = self._compute(batch, tf.cast(epoch, tf.int32), tf.cast(step, tf.int32))
        return result

    def _augment(self, batch: Batch, epoch: Any, step: Any) -> Batch:
        changed = self._entering(batch)
        for number, (component, layer) in enumerate(zip(self._augmentations, self._layers, strict=True)):
            layer.draws.begin(epoch, step)
            apply = _APPLY.get(component.name, one_layer)
            with self._told(number):
                changed = apply(layer, changed, self._moving)
        return self._leaving(changed)

    def _told(self, number: int) -> AbstractContextManager[None]:
        hint = "some augmentations need images of one size: give the source a size" if self.image.is_ragged else None
        return keras_errors(self._augmentations[number].name, ("data", "augment", number), hint=hint)

    def _entering(self, batch: Batch) -> Batch:
        """The batch in the types that layers compute in."""
        import tensorflow as tf

        changed = {**batch, "image": tf.cast(batch["image"], tf.float32)}
        for name in self._moving.images:
            changed[name] = tf.cast(batch[name], tf.float32)
        for pair in self._moving.pairs:
            changed[_joined(pair)] = tf.stack([tf.cast(changed.pop(name), tf.float32) for name in pair], axis=-1)
        for name in self._moving.masks:
            height, width = self._fields[name].shape[:2]
            changed[name] = tf.reshape(tf.cast(batch[name], tf.float32), (-1, height, width, 1))
        if "label" in batch and mixes_labels(self._augmentations):
            changed["label"] = tf.one_hot(batch["label"], self._num_classes)
        return changed

    def _leaving(self, batch: Batch) -> Batch:
        """The batch in the types that it came in."""
        import tensorflow as tf

        changed = {**batch, "image": _as_type(batch["image"], self.image.dtype)}
        for pair in self._moving.pairs:
            for name, value in zip(pair, tf.unstack(changed.pop(_joined(pair)), axis=-1), strict=True):
                changed[name] = _as_type(value, self._fields[name].dtype)
        for name in self._moving.images:
            changed[name] = _as_type(batch[name], self._fields[name].dtype)
        for name in self._moving.masks:
            field = self._fields[name]
            changed[name] = tf.cast(tf.round(tf.reshape(batch[name], (-1, *field.shape))), field.dtype)
        return changed


def _with_pairs_as_points(moving: Moving) -> Moving:
    return replace(moving, points=(*moving.points, *map(_joined, moving.pairs)))


def _joined(pair: tuple[str, str]) -> str:
    """What two numbers are called while they are one point: no field has such a name."""
    return ",".join(pair)


def _as_type(image: Any, dtype: str) -> Any:
    import tensorflow as tf

    if tf.as_dtype(dtype).is_integer:
        image = tf.clip_by_value(tf.round(image), *value_range(dtype))
    return tf.cast(image, dtype)


def _check_fields(augmentations: Sequence[Component], fields: Mapping[str, Field], moving: Moving) -> None:
    """Refuse augmentations that masks, points or other fields can't follow.

    Raises:
        ConfigError: The first that there is.
    """
    for number, component in enumerate(augmentations):
        key = ("data", "augment", number)
        known = component.entry.origin == "keras"  # a plug-in's layer may move images in any way
        if moving.masks and (component.name in _NO_MASKS or not known):
            raise _cannot_follow(f"the mask {moving.masks[0]!r}", component.name, key)
        if moving.images and (component.name in _NO_MASKS or not known):
            raise _cannot_follow(f"the image {moving.images[0]!r}", component.name, key)
        for name in moving.images:
            if component.name in _MOVES and fields[name].shape[:2] != fields["image"].shape[:2]:
                raise _cannot_follow(f"the image {name!r}, which is of another size,", component.name, key)
        if moving.points and (component.name in _NO_POINTS or not known):
            hint = f"points follow {', '.join(sorted(MOVES_POINTS))}, and what changes colours only"
            raise _cannot_follow(f"the points {moving.points[0]!r}", component.name, key, hint)
        others = sorted(set(fields) - {"image", "label", *moving.masks, *moving.images})
        if component.name in MIXES and others:
            raise _cannot_follow(f"the target {others[0]!r}", component.name, key)
        if component.name in MIXES and "label" not in fields and not moving.masks and not moving.images:
            raise _cannot_follow("a target without labels", component.name, key)


def _cannot_follow(what: str, name: str, key: tuple[str | int, ...], hint: str | None = None) -> ConfigError:
    return ConfigError("config/conflict", f"{what} can't follow {name}", key=key, hint=hint or "leave it out")
