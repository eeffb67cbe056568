"""Judges a segmentation batch by batch; keeps confusion counts, a few numbers an image, and what will be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.tasks.confusion import confusion_of
from shapenet.tasks.examples import Examples
from shapenet.tasks.segmentation.classes import UNKNOWN, MaskClasses, unknown_value
from shapenet.tasks.segmentation.figures import overlap_of
from shapenet.tasks.segmentation.report import SegmentationReport

_NUM_EACH = 2
_LONGEST_SIDE = 512
"""Masks with longer sides are kept with fewer pixels: they are for looking at."""


class SegmentationEvaluator:
    """Takes in a split batch by batch. See `shapenet.tasks.report.Evaluator`.

    Args:
        mask: The field that holds the mask.
        classes: What its values stand for.
        num_examples: How many examples the split has.
    """

    def __init__(self, mask: str, classes: MaskClasses, num_examples: int) -> None:
        self._mask = mask
        self._classes = classes
        self._table = classes.table()
        num_classes = len(classes.names)
        self._confusion = np.zeros((num_classes, num_classes), np.int64)
        self._overlaps = np.full((num_examples, 3), np.nan)
        self._examples = Examples(num_examples, _NUM_EACH, _reduced)

    def add(
        self, positions: npt.NDArray[Any], fields: Mapping[str, npt.NDArray[Any]], outputs: npt.NDArray[Any]
    ) -> None:
        """Take in a batch: outputs ``(batch, height, width, num_classes)``.

        Raises:
            DataError: A mask holds a value that stands for no class.
        """
        predictions = outputs.argmax(axis=-1)
        for position, mask, predicted in zip(positions.tolist(), fields[self._mask], predictions, strict=True):
            true = self._labels(mask.reshape(predicted.shape), position)
            confusion = confusion_of(true, predicted, len(self._confusion))
            self._confusion += confusion
            overlap = overlap_of(confusion)
            self._overlaps[position] = overlap.iou, overlap.dice, overlap.pixel_accuracy
            self._examples.add(position, overlap.iou, predicted, true)

    def report(self) -> SegmentationReport:
        """The figures of all that was taken in."""
        return SegmentationReport(self._classes.names, self._confusion, self._overlaps, self._examples.chosen())

    def _labels(self, mask: npt.NDArray[Any], position: int) -> npt.NDArray[np.int32]:
        labels: npt.NDArray[np.int32] = self._table[np.clip(mask, -1, len(self._table) - 1)]
        if (labels == UNKNOWN).any():
            value = int(mask[labels == UNKNOWN][0])
            raise unknown_value(self._mask, value, self._classes, f"record {position} of the split")
        return labels


def _reduced(mask: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy with every n-th pixel, so that neither side is longer than is drawn."""
    step = -(-max(mask.shape) // _LONGEST_SIDE)
    return mask[::step, ::step].astype(np.int16 if mask.max(initial=0) < 1 << 15 else np.int32)
