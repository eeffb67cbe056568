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
    pick = _picker(layer, [getattr(layer, name) for name in layer._AUGMENT_LAYERS], moving)
    for _ in range(layer.num_ops):
        batch = pick(batch, layer.draws.next())
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
    pick = _picker(layer, [None, *(getattr(layer, name) for name in layer._augment_layers)], Moving())
    mixed = tf.zeros_like(image)
    for chain in range(layer.num_chains):
        changed = {"image": image}
        for _ in range(layer.chain_depth):
            changed = pick(changed, layer.draws.next())
        mixed += weights[chain] * changed["image"]
    blend = kept * image + (1 - kept) * mixed
    return {**batch, "image": tf.clip_by_value(blend, *layer.value_range)}


def _picker(layer: Any, choices: Sequence[Any], moving: Moving) -> Callable[[Batch, Any], Batch]:
    """A function from a batch and a seed to the batch as one of `choices` changes it; None leaves it as it is.

    It is traced once, however often it is called.
    """
    import tensorflow as tf

    def pick(batch: Batch, seed: Any) -> Batch:
        with layer.draws.nested(seed):
            index = layer.backend.random.randint((), 0, len(choices), seed=layer.draws)
            branches: list[Callable[[], Batch]] = [
                partial(one_layer, choice, batch, moving) if choice is not None else partial(_unchanged, batch)
                for choice in choices
            ]
            picked: Batch = tf.switch_case(index, branches)
        picked["image"] = tf.ensure_shape(picked["image"], batch["image"].shape)
        return picked

    # Inlined, AugMix's 108 branches take TensorFlow 3.6 s to optimise in place of 0.8 s, and run no faster.
    attributes = {"_noinline": True}
    traced: Callable[[Batch, Any], Batch] = tf.function(pick, autograph=False, experimental_attributes=attributes)
    return traced


def _unchanged(batch: Batch) -> Batch:
    """New tensors of the same values: a branch has to compute what it gives."""
    import tensorflow as tf

    return {name: tf.identity(value) for name, value in batch.items()}
