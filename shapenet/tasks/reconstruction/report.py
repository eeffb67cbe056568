"""How near reconstructions are to their targets: figures, predictions, and pictures side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.rundir.csv_file import write_csv
from shapenet.tasks.confusion import number_or_null
from shapenet.tasks.examples import Example
from shapenet.tasks.report import Files, Gallery, Matrix, Row, Table
from shapenet.words import counted

_MORE_IS_BETTER = ("psnr", "ssim", "input_psnr")
_TITLES = {"psnr": "PSNR (dB)", "ssim": "SSIM", "mse": "MSE", "mae": "MAE", "input_psnr": "input's own PSNR (dB)"}
_GAINS = (16, 8, 4, 2, 1)
_BRIGHT = 255.0


@dataclass(frozen=True, eq=False)
class ReconstructionReport:
    """How near reconstructions are to their targets on one split; see `shapenet.tasks.report.Report`.

    Attributes:
        measures: For each image ``psnr``, ``ssim``, ``mse`` and ``mae``, and ``input_psnr`` where the input is
            an image of the target's size other than the target: what leaving it as it is would give. ``(n,)`` each.
        examples: Examples to show by what they are; their pictures are uint8 ``(height, width, channels)``.
        shows_inputs: Whether there is an image that the model is given, to show beside them.
    """

    measures: Mapping[str, npt.NDArray[np.float64]]
    examples: Mapping[str, Sequence[Example]]
    shows_inputs: bool

    def to_json(self) -> dict[str, Any]:
        """See `Report.to_json`."""
        per_image = {
            name: {key: number_or_null(value) for key, value in _summary(name, values).items()}
            for name, values in self.measures.items()
        }
        return {"num_examples": len(self.measures["psnr"]), "per_image": per_image}

    def tables(self) -> Sequence[Table | Matrix]:
        """A row for each measure. See `Report.tables`."""
        rows = []
        for name, values in self.measures.items():
            summary = _summary(name, values)
            style = "dim" if name == "input_psnr" else ""
            rows.append(Row((_TITLES[name], *summary.values()), style))
        caption = f"over {counted(len(self.measures['psnr']), 'image')} from 0 to 1"
        return (Table(("measure", "mean", "worst", "median", "best"), tuple(rows), caption),)

    def write(self, folder: Path, gallery: Gallery) -> Files:
        """The measures of each image, and the examples. See `Report.write`."""
        predictions, picture = folder / "predictions.csv", folder / "examples.png"
        write_csv(predictions, self._predictions(gallery.names))
        if not self.examples:
            picture.unlink(missing_ok=True)
            return Files(predictions, ())
        self._write_examples(picture, gallery)
        return Files(predictions, (picture,))

    def _predictions(self, names: Sequence[str]) -> Iterator[Sequence[str]]:
        yield ["name", *self.measures]
        for name, *values in zip(names, *self.measures.values(), strict=True):
            yield [name, *(f"{value:.6g}" for value in values)]

    def _write_examples(self, path: Path, gallery: Gallery) -> None:
        """A row for each example: the input if it is an image, output, target, and how far they are apart."""
        shown = [(group, example) for group, examples in self.examples.items() for example in examples]
        inputs = (
            gallery.images([example.position for _, example in shown]) if self.shows_inputs else [None] * len(shown)
        )
        differences = [_difference(example) for _, example in shown]
        gain = _gain(differences)
        images: list[npt.NDArray[Any]] = []
        captions: list[str] = []
        for (group, example), image, difference in zip(shown, inputs, differences, strict=True):
            bright = np.minimum(difference * gain, _BRIGHT).astype(np.uint8)
            first = [] if image is None else [image]
            images += [*first, *gallery.viewable([example.output, example.target, bright])]
            texts = [*["input"] * len(first), f"output, {example.quality:.2f} dB", "target", f"difference x {gain}"]
            captions += [f"{group}: {texts[0]}", *texts[1:]]
        heading = (
            f"{gallery.run_name}: reconstructions of {gallery.subject}",
            "the worst, the nearest to the median and the best by PSNR",
        )
        columns, tile = (4, 128) if self.shows_inputs else (3, 160)  # as wide as the longest caption
        gallery.write_sheet(path, images, captions, heading, columns=columns, tile=tile)


def _summary(name: str, values: npt.NDArray[np.float64]) -> dict[str, float]:
    if not len(values):
        return dict.fromkeys(("mean", "worst", "median", "best"), math.nan)
    low, high = float(values.min()), float(values.max())
    worst, best = (low, high) if name in _MORE_IS_BETTER else (high, low)
    return {"mean": float(values.mean()), "worst": worst, "median": float(np.median(values)), "best": best}


def _difference(example: Example) -> npt.NDArray[np.float64]:
    difference: npt.NDArray[np.float64] = np.abs(example.output.astype(np.float64) - example.target)
    return difference


def _gain(differences: Sequence[npt.NDArray[np.float64]]) -> int:
    """By how much all differences may be multiplied so that hardly any becomes more than white."""
    high = max(float(np.quantile(difference, 0.995)) for difference in differences)
    return next(gain for gain in _GAINS if gain * high <= _BRIGHT)
