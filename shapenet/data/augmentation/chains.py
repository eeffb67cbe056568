"""Augmentations that pick others: each branch is computed only where it is picked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from shapenet.data.augmentation.transforms import Batch, Moving, one_layer


def rand_augment(layer: Any, batch: Batch, moving: Moving) -> Batch:
    """Apply as many of Keras's choice of layers as ``num_ops`` says, each picked anew for the batch.

    Keras computes all of its layers and keeps what was picked (Cubuk et al., 2020).

    Args:
        layer: A ``keras.layers.RandAugment``.
        batch: The batch.
        moving: Which fields move.
    """
    choices = _choices([getattr(layer, name) for name in layer._AUGMENT_LAYERS], batch)
    for _ in range(layer.num_ops):
        batch = _pick(layer, choices, batch, moving)
    return batch


def aug_mix(layer: Any, batch: Batch, moving: Moving) -> Batch:
    """Mix the image with several chains of changes of itself (Hendrycks et al., 2020).

    Keras picks the layers of its chains with Python's generator, once for all of the training
    where it runs in an input pipeline; here they are picked anew for each batch.

    Args:
        layer: A ``keras.layers.AugMix``.
        batch: The batch.
        moving: Of no use: nothing can follow a mixture of moved images.
    """
    import tensorflow as tf

    random, image = layer.backend.random, batch["image"]
    weights = random.gamma((layer.num_chains,), layer.alpha, seed=layer.draws)
    weights /= tf.reduce_sum(weights)
    kept = random.beta((), layer.alpha, layer.alpha, seed=layer.draws)
    choices = [None, *_choices([getattr(layer, name) for name in layer._augment_layers], batch)]
    mixed = tf.zeros_like(image)
    for chain in range(layer.num_chains):
        changed = {"image": image}
        for _ in range(layer.chain_depth):
            changed = _pick(layer, choices, changed, Moving())
        mixed += weights[chain] * changed["image"]
    blend = kept * image + (1 - kept) * mixed
    return {**batch, "image": tf.clip_by_value(blend, *layer.value_range)}


def _choices(layers: Sequence[Any], batch: Batch) -> list[Any]:
    """`layers`, with None for those that do nothing to the images of a batch: gray ones have no colour to lose."""
    gray = batch["image"].shape[-1] == 1
    return [None if gray and type(layer).__name__ == "RandomColorDegeneration" else layer for layer in layers]


def _pick(layer: Any, choices: Sequence[Any], batch: Batch, moving: Moving) -> Batch:
    """`batch` as one of `choices`, drawn at random, changes it; None leaves it as it is."""
    import tensorflow as tf

    index = layer.backend.random.randint((), 0, len(choices), seed=layer.draws)
    branches: list[Callable[[], Batch]] = [
        partial(one_layer, choice, batch, moving) if choice is not None else partial(_unchanged, batch)
        for choice in choices
    ]
    picked: Batch = tf.switch_case(index, branches)
    picked["image"] = tf.ensure_shape(picked["image"], batch["image"].shape)
    return picked


def _unchanged(batch: Batch) -> Batch:
    """New tensors of the same values: a branch has to compute what it gives."""
    import tensorflow as tf

    return {name: tf.identity(value) for name, value in batch.items()}
