"""Warnings of numbers that are learnt, where augmentation moves images and not the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shapenet.data.augmentation.homography import MOVES_POINTS
from shapenet.errors import Problem
from shapenet.registry import Component
from shapenet.tasks.base import BoundTask

MOVES = MOVES_POINTS | {"AugMix", "RandAugment", "RandomElasticTransform"}
"""Names of the layers after which things are elsewhere."""
TURNS = MOVES - {"RandomElasticTransform", "RandomTranslation", "RandomZoom"}
"""Names of the layers after which things have other directions."""
RESIZES = MOVES - {"RandomFlip", "RandomRotation", "RandomTranslation"}
"""Names of the layers after which things have other lengths."""


def unmoved(augmentations: Sequence[Component], tasks: Iterable[BoundTask]) -> list[Problem]:
    """What to say of numbers that stay as they are where images are moved, turned or resized.

    What a number means, only the config tells. Of angles it is certain that they are wrong then; of others nothing
    is known unless the task says which of them are points; those that are none may be lengths.

    Args:
        augmentations: Those of the config.
        tasks: The tasks on the data.
    """
    moves = [task.moves for task in tasks]
    points = {name for each in moves for name in each.point_names}
    cases = (
        (
            MOVES, "moved", {name for each in moves for name in each.unknown} - points,
            "if they are positions, name them in the task's points; points: [] says that there are none",
        ),
        (TURNS, "turned", {name for each in moves for name in each.angles}, "angles are wrong then; leave it out"),
        (
            RESIZES, "resized", {name for each in moves for name in each.others} - points,
            "lengths and areas are wrong then; leave it out if they are such",
        ),
    )  # fmt: skip
    warnings = []
    for layers, what, fields, advice in cases:
        by = dict.fromkeys(one.name for one in augmentations if one.name in layers)
        if by and fields:
            stay = f"the values of {', '.join(sorted(fields))} stay as they are"
            message = f"images are {what} by {', '.join(by)}, but {stay}"
            warnings.append(Problem("config/augmentation", message, key=("data", "augment"), hint=advice))
    return warnings
