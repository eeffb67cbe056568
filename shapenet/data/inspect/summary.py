"""A data set in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.inspect.finding import Evidence
from shapenet.data.inspect.measure import mean_and_deviation
from shapenet.data.store import CONTENT, Store, content_keys
from shapenet.fields import Field


@dataclass(frozen=True)
class Span:
    """Lowest, median and highest of some numbers."""

    min: int
    median: float
    max: int

    @property
    def varies(self) -> bool:
        """Whether the numbers differ."""
        return self.min != self.max


@dataclass(frozen=True)
class Summary:
    """What a data set holds.

    Attributes:
        described: What to call it.
        num_images: Number of images in all splits.
        splits: Images by split; empty if no config divides them.
        classes: Class names in label order.
        counts: Images of each class by split, or under ``all``.
        height: Of the images, in pixels.
        width: Of the images, in pixels.
        fields: Every field of a record, by name.
        mean: Of each channel, 0 to 1 (floating point: in its own unit).
        deviation: Standard deviation of each channel, likewise.
        num_duplicates: Images that repeat another, pixel by pixel.
        stores: Folders of the packed stores.
        num_bytes: Their size on disk.
    """

    described: str
    num_images: int
    splits: Mapping[str, int]
    classes: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    height: Span
    width: Span
    fields: Mapping[str, Field]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    num_duplicates: int
    stores: tuple[str, ...]
    num_bytes: int

    @property
    def totals(self) -> tuple[int, ...]:
        """Images of each class in all splits."""
        return tuple(sum(column) for column in zip(*self.counts.values(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return {**asdict(self), "counts": {name: list(counts) for name, counts in self.counts.items()}}


def summarize(evidence: Evidence) -> Summary:
    """The figures of a measured data set."""
    subject, measures = evidence.subject, list(evidence.measures.values())
    shapes = np.concatenate([one.shapes for one in measures])
    mean, deviation = mean_and_deviation(measures, subject.image.dtype)
    distinct = len(np.unique(content_keys([one.content for one in measures])))
    hidden = (CONTENT,) if subject.classes else (CONTENT, "label")
    sizes = {name: len(one) for name, one in evidence.measures.items()}
    return Summary(
        described=subject.described,
        num_images=len(shapes),
        splits=sizes if subject.is_divided else {},
        classes=subject.classes,
        counts={name: tuple(map(int, counts)) for name, counts in evidence.counts.items()},
        height=_span(shapes[:, 0]),
        width=_span(shapes[:, 1]),
        fields={name: field for name, field in subject.stores[0].meta.fields.items() if name not in hidden},
        mean=tuple(mean),
        deviation=tuple(deviation),
        num_duplicates=len(shapes) - distinct,
        stores=tuple(str(store.folder) for store in subject.stores),
        num_bytes=sum(map(stored_bytes, subject.stores)),
    )


def stored_bytes(store: Store) -> int:
    """Size of a store's files in bytes."""
    return sum(file.stat().st_size for file in Path(store.folder).iterdir() if file.is_file())


def _span(values: npt.NDArray[np.int64]) -> Span:
    return Span(int(values.min()), float(np.median(values)), int(values.max()))
