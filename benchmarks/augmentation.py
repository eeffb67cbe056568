"""What each augmentation costs: images a second that the input pipeline gives, nothing trained.

The first row is the pipeline without augmentation. RandAugment and AugMix are measured as
Keras computes them too. Takes five minutes.

    make bench-augmentation
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from common import print_table

from shapenet.config.components import parse_component
from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.batches import Batches, Split
from shapenet.data.pack import open_packed
from shapenet.fields import Field
from shapenet.training.feed import to_dataset
from shapenet.training.session import import_keras
from shapenet.vocabulary import load_vocabulary

NUM_CLASSES = 10
DATA: Mapping[str, tuple[tuple[int, int, int], int, int]] = {
    "28x28x1": ((28, 28, 1), 128, 12_800),
    "128x128x3": ((128, 128, 3), 32, 640),
}
"""Name of the data to an image's shape, the batch size and the number of images."""
SHIFT = {"RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}}
AUGMENTATIONS: Mapping[str, list[Any]] = {
    "none": [],
    "RandomFlip": [{"RandomFlip": {"mode": "horizontal"}}],
    "RandomFlip, RandomTranslation": [{"RandomFlip": {"mode": "horizontal"}}, SHIFT],
    "RandomRotation": [{"RandomRotation": {"factor": 0.1}}],
    "RandomErasing": ["RandomErasing"],
    "RandomBrightness": [{"RandomBrightness": {"factor": 0.2}}],
    "MixUp": ["MixUp"],
    "CutMix": ["CutMix"],
    "RandomElasticTransform": ["RandomElasticTransform"],
    "RandAugment": ["RandAugment"],
    "AugMix": ["AugMix"],
}
AS_KERAS = ("RandAugment", "AugMix")


class Noise:
    """Images of random bytes; see `shapenet.data.records.Records`."""

    def __init__(self, shape: tuple[int, int, int], count: int) -> None:
        self.fields = {"image": Field("uint8", shape), "label": Field("int64", ())}
        self.classes = tuple(str(number) for number in range(NUM_CLASSES))
        self.key = f"noise-{shape}-{count}"
        self.describe = "noise"
        self._count = count

    def __len__(self) -> int:
        """Number of records."""
        return self._count

    def read(self, start: int, stop: int) -> dict[str, Any]:
        """The records from `start` up to `stop`."""
        shape = (stop - start, *self.fields["image"].shape)
        images = np.random.default_rng(start).integers(0, 256, shape, dtype=np.uint8)
        return {"image": images, "label": self.label_of()[start:stop]}

    def label_of(self) -> Any:
        """Labels of all records."""
        return np.arange(self._count) % NUM_CLASSES

    def name_of(self, index: int) -> str:
        """The record's number."""
        return str(index)


def rate(dataset: Any, count: int) -> float:
    """Images a second of the better of two rounds; what is traced and cached is so in the first."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        for _ in dataset:
            pass
        times.append(time.perf_counter() - start)
    return count / min(times)


def ours(split: Split, batch_size: int, values: list[Any]) -> Any:
    """Our pipeline with augmentations."""
    fields = {"image": Field(split.image_dtype, split.image_shape), "label": Field("int64", ())}
    components = [parse_component("augmentation", value) for value in values]
    augmenter = Augmenter(components, 0, fields, NUM_CLASSES) if components else None
    return to_dataset(Batches(split, batch_size, 0), lambda batch: batch["label"], augmenter=augmenter)


def as_keras(split: Split, batch_size: int, name: str) -> Any:
    """Our pipeline, and Keras's layer mapped over it."""
    import keras
    import tensorflow as tf

    layer = getattr(keras.layers, name)(value_range=(0, 255))
    plain = to_dataset(Batches(split, batch_size, 0), lambda batch: batch["label"])
    return plain.map(lambda images, labels: (tf.cast(layer(images), tf.uint8), labels), num_parallel_calls=2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    load_vocabulary()
    import_keras()
    makers: dict[str, Callable[[Split, int], Any]] = {
        name: (lambda split, size, values=values: ours(split, size, values)) for name, values in AUGMENTATIONS.items()
    }
    makers |= {f"{name} as Keras": (lambda split, size, name=name: as_keras(split, size, name)) for name in AS_KERAS}
    with tempfile.TemporaryDirectory() as folder:
        splits = {}
        for name, (shape, _, num_images) in DATA.items():
            store = open_packed(Noise(shape, num_images), Path(folder))
            splits[name] = Split(store, np.arange(len(store)), store["label"][:])
        rows = []
        for name, make in makers.items():
            rates = [rate(make(split, DATA[data][1]), len(split)) for data, split in splits.items()]
            rows.append((name, *(f"{value:,.0f}" for value in rates)))
        print_table(("images a second", *DATA), rows)


if __name__ == "__main__":
    main()
