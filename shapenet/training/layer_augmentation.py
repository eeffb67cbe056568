"""Warnings of augmentations among a model's layers: they change its images, and nothing of what it learns of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from shapenet.config.schema import ExperimentConfig
from shapenet.data.augmentation.layers import lacks_value_range
from shapenet.data.augmentation.transforms import MIXES
from shapenet.errors import Key, Problem
from shapenet.layers.nested import each_layer
from shapenet.models.build import feeding, scales
from shapenet.models.logits import passes_on
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.base import BoundTask, Moves
from shapenet.training.fields import IMAGE
from shapenet.training.unmoved import MOVES, RESIZES, TURNS

_CLIP_ONLY = frozenset({
    "RandomColorDegeneration", "RandomContrast", "RandomElasticTransform", "RandomGaussianBlur", "RandomHue",
    "RandomSaturation", "RandomSharpness",
})  # fmt: skip
"""Keras's layers that do nothing with their ``value_range`` but cut off what lies outside."""


def layer_warnings(config: ExperimentConfig, tasks: Mapping[str, BoundTask], dtype: str) -> list[Problem]:
    """What to say of layers that are augmentations, in their order.

    Args:
        config: The experiment; its model is given images.
        tasks: The tasks on the data, by name.
        dtype: NumPy's name of the images' type.
    """
    layers = [*each_layer(config.model.layers, ("model", "layers"))]
    fields = {name: config.tasks[name].create().fields for name in tasks}
    ends = {name: feeding(config.model, name)[1] for name in tasks}
    warnings = []
    for key, layer in layers:
        before = [name for name in tasks if int(key[2]) <= ends[name]]
        stays = {field for name in before for field in _staying(layer.name, tasks[name].moves, fields[name])}
        if stays:
            learnt = ", ".join(sorted(stays))
            message = f"{layer.name} changes images within the model, but not what is learnt of them: {learnt}"
            hint = "write it in data.augment, where masks, images, points and mixed labels follow"
            warnings.append(Problem("config/augmentation", message, key=key, hint=hint))
    if scales(config.model.input_scaling, dtype):
        warnings += _value_ranges(layers)
    return warnings


def _staying(name: str, moves: Moves, fields: Sequence[str]) -> set[str]:
    """The fields of a task that are no longer true of an image after the augmentation."""
    if name in MIXES:
        return {*fields}
    staying: set[str] = set()
    if name in MOVES:
        staying |= {*moves.masks, *moves.images, *moves.unknown, *moves.point_names} | ({*IMAGE} & {*fields})
    if name in TURNS:
        staying |= {*moves.angles}
    if name in RESIZES:
        staying |= {*moves.others}
    return staying


def _value_ranges(layers: Iterable[tuple[Key, Component]]) -> Iterator[Problem]:
    """Warnings of the first layers, which get images from 0 to 1, and by Keras's default expect 0 to 255."""
    known = REGISTRIES["augmentation"]
    for key, layer in takewhile(lambda each: each[1].name in known or passes_on(each[1].name), layers):
        if lacks_value_range(layer) and layer.name not in _CLIP_ONLY:
            message = f"{layer.name} expects values from 0 to 255, and the model's images are scaled to 0 to 1"
            hint = "write value_range: [0, 1]; or write it in data.augment, which fills in the range"
            yield Problem("config/augmentation", message, key=key, hint=hint)
