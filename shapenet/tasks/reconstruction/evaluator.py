"""Judges a reconstruction batch by batch: how near each output is to its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.fields import WHITE
from shapenet.tasks.examples import Examples
from shapenet.tasks.reconstruction.quality import psnr, ssim
from shapenet.tasks.reconstruction.report import ReconstructionReport

MEASURES = ("psnr", "ssim", "mse", "mae")
_NUM_EACH = 3


class ReconstructionEvaluator:
    """Keeps a few numbers of each image and the pixels of some; see `shapenet.tasks.report.Evaluator`.

    Args:
        target: The field that holds the image to give.
        num_examples: How many examples will come.
        sees_images: Whether the model is given images.
    """

    def __init__(self, target: str, num_examples: int, *, sees_images: bool) -> None:
        self._target = target
        self._sees_images = sees_images
        self._measures = {name: np.full(num_examples, np.nan) for name in MEASURES}
        self._input_psnr = np.full(num_examples, np.nan)
        self._examples = Examples(num_examples, _NUM_EACH, _bytes)

    def add(
        self, positions: npt.NDArray[Any], fields: Mapping[str, npt.NDArray[Any]], outputs: npt.NDArray[Any]
    ) -> None:
        """See `Evaluator.add`."""
        target = _from_0_to_1(fields[self._target])
        outputs = outputs.astype(np.float32)
        difference = outputs.astype(np.float64) - target
        values = {
            "psnr": np.asarray(psnr(target, outputs)),
            "ssim": np.asarray(ssim(target, outputs)),
            "mse": (difference**2).mean(axis=(1, 2, 3)),
            "mae": np.abs(difference).mean(axis=(1, 2, 3)),
        }
        for name, measured in values.items():
            self._measures[name][positions] = measured
        if self._sees_images and self._target != "image" and fields["image"].shape == target.shape:
            self._input_psnr[positions] = np.asarray(psnr(target, _from_0_to_1(fields["image"])))
        for example in zip(positions.tolist(), values["psnr"].tolist(), outputs, target, strict=True):
            self._examples.add(*example)

    def report(self) -> ReconstructionReport:
        """See `Evaluator.report`."""
        measures = dict(self._measures)
        if len(self._input_psnr) and np.isfinite(self._input_psnr).all():
            measures["input_psnr"] = self._input_psnr
        return ReconstructionReport(measures, self._examples.chosen(), shows_inputs=self._sees_images)


def _from_0_to_1(images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    scaled: npt.NDArray[np.float32] = images.astype(np.float32) / np.float32(WHITE[images.dtype.name])
    return scaled


def _bytes(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """uint8 of an image; what lies outside of 0..1 is cut."""
    scaled: npt.NDArray[np.uint8] = np.rint(np.clip(np.nan_to_num(image), 0, 1) * 255).astype(np.uint8)
    return scaled
