"""Batches to augment, and augmenters by a config's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.augmentation.transforms import Moving
from shapenet.fields import Field
from shapenet.vocabulary import load_vocabulary

HEIGHT, WIDTH = 16, 20
IMAGE = Field("uint8", (HEIGHT, WIDTH, 3))
LABEL = Field("int64", ())
NUM_CLASSES = 3


@pytest.fixture(scope="session", autouse=True)
def _names() -> None:
    load_vocabulary()


def augmenter_of(*values: object, seed: int = 7, moving: Moving | None = None, **fields: Field) -> Augmenter:
    """An augmenter; images and labels unless other fields are named."""
    components = [parse_component("augmentation", value) for value in values]
    return Augmenter(components, seed, fields or {"image": IMAGE, "label": LABEL}, NUM_CLASSES, moving)


def batch_of(count: int = 6) -> dict[str, Any]:
    """Random images and their labels."""
    images = np.random.default_rng(0).integers(0, 256, (count, *IMAGE.shape), np.uint8)
    return {"image": images, "label": np.arange(count) % NUM_CLASSES}


def run(augmenter: Augmenter, batch: dict[str, Any], epoch: int = 0, step: int = 0) -> dict[str, np.ndarray]:
    """What becomes of a batch, as arrays."""
    return {name: np.asarray(value) for name, value in augmenter(batch, epoch, step).items()}
