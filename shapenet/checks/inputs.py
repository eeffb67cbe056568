"""What the first layer with weights sees: its range, and images that show nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.checks.bench import Bench
from shapenet.data.inspect.finding import Finding, Severity
from shapenet.models.augmenting import augmenting
from shapenet.training.inputs import given_of
from shapenet.words import counted

LARGE, SMALL = 5.0, 0.01
"""Mean or deviation above which inputs count as not scaled, and deviation below which as scaled twice."""
_NORMALIZE = ("Normalization", "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")
_SCALING = "model.input_scaling: auto scales integers to 0..1; a layer such as Rescaling does what you want"


def input_range(bench: Bench) -> Iterator[Finding]:
    """The values after input scaling: finite, and about as large as initial weights are made for."""
    name, seen = _first_input(bench)
    finite = np.isfinite(seen)
    if not finite.all():
        share = 1 - finite.mean()
        message = f"{share:.2%} of what {name} sees is NaN or infinite: expected finite numbers only"
        hint = "look at model.input_scaling and at the layers before; shapenet data check looks at the images"
        yield Finding(Severity.ERROR, "check/input-range", message, {"not_finite": float(share)}, hint=hint)
        return
    low, high, mean, deviation = (float(value) for value in (seen.min(), seen.max(), seen.mean(), seen.std()))
    numbers = {"min": low, "max": high, "mean": mean, "deviation": deviation}
    message = f"{name} sees {low:.3g} to {high:.3g}, mean {mean:.3g}, standard deviation {deviation:.3g}"
    expected = f"expected a mean and a deviation of at most {LARGE:g}"
    if deviation == 0:
        message += ": every value is the same"
        yield Finding(Severity.ERROR, "check/input-range", message, numbers, hint=_SCALING)
    elif max(abs(mean), deviation) > LARGE:
        yield Finding(Severity.WARNING, "check/input-range", f"{message}: {expected}", numbers, hint=_SCALING)
    elif deviation < SMALL:
        hint = f"are floating-point images scaled twice? {_SCALING}"
        message += f": expected a deviation of at least {SMALL:g}"
        yield Finding(Severity.WARNING, "check/input-range", message, numbers, hint=hint)
    else:
        yield Finding(Severity.OK, "check/input-range", message, numbers)


def empty_images(bench: Bench) -> Iterator[Finding]:
    """Images of one single colour, and channels that are 0 in every image."""
    images = bench.examples.images
    if images is None:
        return
    blank = int((np.ptp(images.reshape(len(images), -1), axis=1) == 0).sum())
    zero = np.flatnonzero(~images.any(axis=tuple(range(images.ndim - 1))))
    numbers = {"blank": blank, "images": len(images), "zero_channels": len(zero)}
    if len(zero):
        names = ", ".join(map(str, zero))
        message = f"channel {names} of {images.shape[-1]} is 0 in all {len(images):,} images looked at"
        hint = "color: gray in the source makes one channel of three; or the channel was lost on the way"
        yield Finding(Severity.WARNING, "check/images", message, numbers, hint=hint)
    elif blank:
        message = f"{blank:,} of {counted(len(images), 'image')} looked at show one single colour"
        hint = "shapenet data check names them"
        yield Finding(Severity.WARNING, "check/images", message, numbers, hint=hint)
    else:
        message = f"no image of {len(images):,} looked at is of one single colour, no channel is all 0"
        yield Finding(Severity.OK, "check/images", message, numbers)


def _first_input(bench: Bench) -> tuple[str, npt.NDArray[Any]]:
    """The name of the first layer that learns and does not scale by itself, and its input, float64."""
    import keras

    model, batch, size = bench.learner.model, bench.examples, bench.learner.batch_size
    for layer in model.layers:
        tensor = _input_of(layer)
        learns = layer.weights and (layer.trainable_weights or not layer.trainable)
        if learns and tensor is not None and type(layer).__name__ not in _NORMALIZE:
            until = augmenting(keras.Model(model.input, tensor), (), training=True)
            cuts = [batch.at(slice(start, start + size)).inputs for start in range(0, len(batch), size)]
            seen = [np.asarray(until(given_of(cut, bench.learner.compiled.inputs))) for cut in cuts]
            bench.learner.reset()  # normalization has taken averages
            return layer.name, np.concatenate(seen).astype(np.float64)
    return "the model", np.concatenate([values.reshape(len(batch), -1) for values in batch.inputs.values()], axis=1)


def _input_of(layer: Any) -> Any:
    """The tensor that a layer is applied to; None for the input layer."""
    nodes = layer._inbound_nodes
    tensors = nodes[0].input_tensors if nodes else []
    return tensors[0] if tensors else None
