"""The picture of a segmentation: image, true mask, predicted mask and mistakes, image by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from shapenet.figure import INK, MUTED, literal, new_figure, shorten, write_png
from shapenet.tasks.examples import Example
from shapenet.tasks.report import Gallery
from shapenet.tasks.segmentation.panels import CONFUSED, EXTRA, MISSED, Pixels, colour_of, mistakes, overlay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

_COLUMNS = ("image", "true", "predicted", "mistakes")
_CELL_INCHES = 1.75
_HEAD_INCHES = 0.5
_MAX_LEGEND = 16
_KINDS = {MISSED: "missed", EXTRA: "too much", CONFUSED: "another class"}


def write_picture(
    path: Path, chosen: Mapping[str, Sequence[Example]], gallery: Gallery, classes: Sequence[str], summary: str
) -> None:
    """Draw examples into a PNG file, one a row.

    Args:
        path: The file, replaced in one step.
        chosen: The examples by what they are; at least one.
        gallery: Has the images and their names.
        classes: Names of the classes.
        summary: A line below the title.

    Raises:
        MachineError: The file can't be written.
    """
    rows = [(kind, example) for kind, examples in chosen.items() for example in examples]
    images = gallery.images([example.position for _, example in rows])
    height = len(rows) * (_CELL_INCHES + 0.2) + _HEAD_INCHES + 0.6
    figure = new_figure(len(_COLUMNS) * _CELL_INCHES + 0.5, height)
    figure.set_layout_engine(_layout(1 - _HEAD_INCHES / height))
    grid = figure.subplots(len(rows), len(_COLUMNS), squeeze=False)
    previous = ""
    for axes, (kind, example), image in zip(grid, rows, images, strict=True):
        _draw_row(axes, example, _fitted(image, example.target.shape))
        name = literal(shorten(gallery.names[example.position], 34))
        axes[0].set_xlabel(name, fontsize=7, color=MUTED, labelpad=3, loc="left")
        axes[2].set_xlabel(f"mean IoU {example.quality:.3f}", fontsize=7, color=MUTED, labelpad=3, loc="left")
        if kind != previous:
            axes[0].set_ylabel(kind, fontsize=10, fontweight="bold", color=INK, labelpad=6)
        previous = kind
    for axes, heading in zip(grid[0], _COLUMNS, strict=True):
        axes.set_title(heading, loc="left", fontsize=9, color=INK, pad=5)
    title = f"{shorten(gallery.run_name, 40)}: {shorten(gallery.subject, 30)}"
    figure.text(0.015, 1, literal(title), va="top", fontsize=12, fontweight="bold", color=INK)
    figure.text(0.015, 1 - 0.24 / height, literal(summary), va="top", fontsize=9, color=MUTED)
    _add_legends(figure, [example for _, example in rows], classes)
    write_png(path, figure)


def _draw_row(row: Sequence[Axes], example: Example, image: Pixels) -> None:
    shown = (
        image, overlay(image, example.target), overlay(image, example.output),
        mistakes(image, example.target, example.output),
    )  # fmt: skip
    for axes, pixels in zip(row, shown, strict=True):
        axes.imshow(pixels, interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color("#cbd2d9")
            spine.set_linewidth(0.6)
    for axes, mask in ((row[1], example.target), (row[2], example.output)):
        _outline(axes, mask)


def _outline(axes: Axes, mask: npt.NDArray[Any]) -> None:
    """A line around the pixels of each class: colours alone are hard to see on bright images."""
    for label in np.unique(mask[mask > 0]).tolist():
        # A frame of other pixels closes the lines at the image's edge.
        framed = np.pad(mask == label, 1).astype(np.float32)
        sides = [np.arange(-1, length + 1) for length in mask.shape]
        axes.contour(sides[1], sides[0], framed, levels=[0.5], colors=[colour_of(label)], linewidths=1.1)
    axes.set_xlim(-0.5, mask.shape[1] - 0.5)
    axes.set_ylim(mask.shape[0] - 0.5, -0.5)


def _fitted(image: Pixels, shape: tuple[int, ...]) -> Pixels:
    """The image in the size in which its masks were kept."""
    from PIL import Image

    if image.shape[:2] == shape:
        return image
    return np.asarray(Image.fromarray(image).resize((shape[1], shape[0]), Image.Resampling.LANCZOS))


def _layout(top: float) -> ConstrainedLayoutEngine:
    """Rows close to each other, up to `top` of the figure's height."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.02, rect=(0, 0, 1, top))


def _add_legends(figure: Figure, examples: Sequence[Example], classes: Sequence[str]) -> None:
    """Names of the classes that are drawn at the left, kinds of mistakes at the right."""
    from matplotlib.patches import Patch

    there = sorted({int(k) for e in examples for mask in (e.target, e.output) for k in np.unique(mask) if k > 0})
    names = {colour_of(k): literal(shorten(classes[k], 24)) for k in there[:_MAX_LEGEND]}
    places: dict[Literal["outside lower left", "outside lower right"], Mapping[str, str]] = {
        "outside lower left": names,
        "outside lower right": _KINDS,
    }
    for place, texts in places.items():
        handles = [Patch(facecolor=colour, label=text) for colour, text in texts.items()]
        figure.legend(handles=handles, loc=place, ncols=5, frameon=False, fontsize=8, labelcolor=INK,
                      handlelength=1, handleheight=1, columnspacing=1.2)  # fmt: skip
