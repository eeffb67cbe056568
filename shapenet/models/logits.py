"""Whether the output of a model, and what its output layer gets, is logits or probabilities."""

from __future__ import annotations

import re
from typing import Any

_GIVES_PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "sparse_sigmoid", "sparsemax")
_PASSES_ON = re.compile(
    r"Reshape|Flatten|Permute|RepeatVector|Identity|(Alpha|Gaussian|Spatial)?Dropout(\dD)?|GaussianNoise"
    r"|ActivityRegularization|StochasticDepth|UpSampling\dD|Resizing|FitSize|CenterCrop|Cropping\dD|ZeroPadding\dD"
    r"|\w*Pool(ing)?\dD|Average|Maximum|Minimum|Multiply|Concatenate"
)
"""Layers that of probabilities make probabilities: they move, pool, disturb or merge what they get.

What they give need not add up to 1; Keras's losses of classes divide by the sum.
"""


def passes_on(name: str) -> bool:
    """Whether a layer, by its name or its class's, makes probabilities of probabilities; it has no weights."""
    return _PASSES_ON.fullmatch(name) is not None


def gives_logits(output: Any, *, otherwise: bool = True) -> bool:
    """Whether an output of a model is logits: the layer that gives it applies no softmax, sigmoid or the like.

    Layers that pass on what others give are passed over; those that merge tell it if all that they get is the same.

    Args:
        output: A symbolic Keras tensor.
        otherwise: What to take it for where its layer has no activation that would tell.
    """
    known = _known(output)
    return otherwise if known is None else known


def doubled(output: Any) -> str | None:
    """The layer of probabilities that an output layer follows, though it gives as many outputs itself.

    Args:
        output: What a task's own output layer gives, a symbolic Keras tensor.

    Returns:
        That layer's name; None where all is well.
    """
    (features,) = _inputs(output)[:1] or [output]
    if _known(features) is not False or features.shape[-1] != output.shape[-1]:
        return None
    while _hands_on(features._keras_history.operation):
        features = _inputs(features)[0]
    return str(features._keras_history.operation.name)


def _inputs(output: Any) -> list[Any]:
    """What the layer that gives `output` gets."""
    layer, node, _ = output._keras_history
    return list(layer._inbound_nodes[node].input_tensors)


def _known(output: Any) -> bool | None:
    """Whether an output is logits; None if the layers don't tell."""
    last = output._keras_history.operation
    name, activation = type(last).__name__, getattr(getattr(last, "activation", None), "__name__", "")
    if _hands_on(last):
        found = {_known(tensor) for tensor in _inputs(output)}
        known = found.pop() if len(found) == 1 else None
        return None if known and name == "Rescaling" else known
    if name == "Softmax" or activation in _GIVES_PROBABILITIES:
        return False
    return True if activation == "linear" else None


def _hands_on(layer: Any) -> bool:
    """Whether a layer makes probabilities of probabilities."""
    name, activation = type(layer).__name__, getattr(getattr(layer, "activation", None), "__name__", "")
    return passes_on(name) or (name, activation) == ("Activation", "linear") or _keeps_range(layer)


def _keeps_range(layer: Any) -> bool:
    """Whether a layer is a Rescaling that leaves what lies between 0 and 1 there."""
    import numpy as np

    if type(layer).__name__ != "Rescaling":
        return False
    lowest = np.asarray(layer.offset)
    highest = lowest + np.asarray(layer.scale)
    return bool(np.min([lowest.min(), highest.min()]) >= 0 and np.max([lowest.max(), highest.max()]) <= 1)
