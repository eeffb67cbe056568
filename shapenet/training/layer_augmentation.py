"""Warnings of augmentations among a model's layers: they change its images, and nothing of what it learns of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from shapenet.config.schema import ExperimentConfig
from shapenet.data.augmentation.transforms import MIXES
from shapenet.errors import Key, Problem
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.base import Moves
from shapenet.training.fields import IMAGE, target_fields
from shapenet.training.unmoved import MOVES, RESIZES, TURNS


def layer_warnings(config: ExperimentConfig, moves: Iterable[Moves]) -> Iterator[Problem]:
    """What to say of layers of a model that are augmentations, in their order.

    Args:
        config: The experiment.
        moves: What of the tasks' targets would have to move with an image.
    """
    if config.model.input is not None:
        return
    moves = [*moves]
    targets = target_fields(config)
    for index, layer in enumerate(config.model.layers):
        key: Key = ("model", "layers", index)
        if stays := sorted(_staying(layer.name, moves, targets)):
            learnt = ", ".join(stays)
            message = f"{layer.name} changes images within the model, but not what is learnt of them: {learnt}"
            hint = "write it in data.augment, where masks, images, points and mixed labels follow"
            yield Problem("config/augmentation", message, key=key, hint=hint)
    if config.model.input_scaling == "auto":
        yield from _value_ranges(config.model.layers)


def _staying(name: str, moves: list[Moves], targets: tuple[str, ...]) -> set[str]:
    """The fields that are no longer true of an image after the augmentation."""
    if name in MIXES:
        return set(targets)
    staying: set[str] = set()
    points = {field for each in moves for field in each.point_names}
    for each in moves:
        if name in MOVES:
            staying.update(each.masks, each.images, each.unknown, points)
            staying.update(field for field in IMAGE if field in targets)
        if name in TURNS:
            staying.update(each.angles)
        if name in RESIZES:
            staying.update(each.others)
    return staying


def _value_ranges(layers: Iterable[Component]) -> Iterator[Problem]:
    """Warnings of the first layers, which get images from 0 to 1, and by Keras's default expect 0 to 255."""
    known = REGISTRIES["augmentation"]
    for index, layer in enumerate(takewhile(lambda layer: layer.name in known, layers)):
        if "value_range" in layer.entry.parameters and layer.arguments.get("value_range") is None:
            message = f"{layer.name} expects values from 0 to 255, and the model's images are scaled to 0 to 1"
            hint = "write value_range: [0, 1]; or write it in data.augment, which fills in the range"
            yield Problem("config/augmentation", message, key=("model", "layers", index), hint=hint)
