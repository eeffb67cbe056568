"""Small data sets of images that a test writes down, packed and measured."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.data.batches import Split
from shapenet.data.inspect.finding import Evidence, gather
from shapenet.data.inspect.subject import ALL, Subject
from shapenet.data.pack import open_packed
from shapenet.data.records import Arrays, UnreadableError
from shapenet.errors import Place, Problem
from shapenet.fields import Field


def field_of(values: Any) -> Field:
    """The field that holds an array of values, or a list of images whose sizes vary."""
    if isinstance(values, list):
        return Field(str(values[0].dtype), (None, None, values[0].shape[2]))
    return Field(str(values.dtype), values.shape[1:])


class ImageRecords:
    """Records of images in memory.

    Args:
        images: ``(n, height, width, channels)``, or a list of images whose sizes vary.
        labels: The label of each; all 0 if None.
        classes: Class names.
        damaged: Positions that can't be read.
        extra: Further fields, ``(n, ...)`` each.
    """

    def __init__(
        self,
        images: Any,
        labels: Sequence[int] | None = None,
        classes: Sequence[str] = ("cat", "dog"),
        damaged: Sequence[int] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        labels = np.zeros(len(images), np.int64) if labels is None else np.asarray(labels, np.int64)
        self.values = {"image": images, "label": labels, **(extra or {})}
        self.classes = tuple(classes)
        self.damaged = set(damaged)
        self.fields = {name: field_of(value) for name, value in self.values.items()}
        content = b"".join(np.asarray(one).tobytes() for values in self.values.values() for one in values)
        identity = repr((self.fields, self.classes, sorted(self.damaged), [np.shape(image) for image in images]))
        self.key = hashlib.sha256(identity.encode() + content).hexdigest()
        self.describe = "pictures"
        self.warnings: tuple[str, ...] = ()
        self.columns: dict[str, list[str]] = {"number": [str(index) for index in range(len(images))]}

    def __len__(self) -> int:
        return len(self.values["image"])

    def read(self, start: int, stop: int) -> Arrays:
        found = {
            index: Problem("data/damaged", f"picture {index} is damaged", Place("pictures", index))
            for index in range(start, stop)
            if index in self.damaged
        }
        if found:
            raise UnreadableError(found)
        return {name: value[start:stop] for name, value in self.values.items()}

    def label_of(self) -> np.ndarray:
        return self.values["label"]

    def name_of(self, index: int) -> str:
        return f"{index}.png"


class FileRecords(ImageRecords):
    """Records that are files of known sizes.

    Args:
        num_bytes: The size of each.
    """

    def __init__(self, *arguments: Any, num_bytes: Sequence[int], **others: Any) -> None:
        super().__init__(*arguments, **others)
        self.num_bytes = np.array(num_bytes, np.int64)

    def file_bytes(self) -> np.ndarray:
        return self.num_bytes


Gather = Callable[..., Evidence]


@pytest.fixture
def evidence(tmp_path: Path) -> Gather:
    """Pack and measure records; ``evidence(records)``, or ``evidence(train=..., val=...)`` for splits."""

    def gathered(records: Any = None, **splits: Any) -> Evidence:
        sources = {ALL: records} if records is not None else splits
        first = next(iter(sources.values()))
        stores = {name: open_packed(one, tmp_path / "cache", max_bad_fraction=0.5) for name, one in sources.items()}
        parts = {name: Split(store, store.good(), store["label"][store.good()]) for name, store in stores.items()}
        return gather(Subject("pictures", first.classes, parts, sources))

    return gathered


@pytest.fixture
def noise() -> np.ndarray:
    """200 gray images of noise, no two alike, uint8 ``(200, 12, 12, 1)``."""
    return np.random.default_rng(0).integers(0, 256, (200, 12, 12, 1), dtype=np.uint8)
