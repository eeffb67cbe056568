"""The picture of a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from shapenet.figure import INK, MUTED, literal, new_figure, quiet_axes, shorten, write_png
from shapenet.tasks.confusion import Counts, quotients

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_MAX_CLASSES_WITH_SHARES = 5
_MAX_CLASSES_WITH_COUNTS = 25
_MAX_LABELS = 60
_MAX_LABEL_LENGTH = 24


def confusion_shares(confusion: Counts) -> npt.NDArray[np.float64]:
    """A confusion matrix with rows that sum to 1; NaN for classes without examples.

    Args:
        confusion: Counts by true class (row) and predicted class (column), ``(num_classes, num_classes)``.
    """
    return quotients(confusion, confusion.sum(axis=1, keepdims=True))


def write_confusion_plot(path: Path, classes: Sequence[str], confusion: Counts, *, title: str, note: str) -> None:
    """Draw a confusion matrix into a PNG file.

    The colour of a cell is its share of the row; its number is the count, left out
    where there are too many classes to read it. Few classes show their shares as well.

    Args:
        path: The file, replaced in one step.
        classes: Class names in label order.
        confusion: Counts by true class (row) and predicted class (column), ``(num_classes, num_classes)``.
        title: What stands above it.
        note: A line below the title.

    Raises:
        MachineError: The file can't be written.
    """
    num_classes = len(classes)
    side = _side_inches(num_classes)
    figure = new_figure(side + 2.1, side + 1.7)  # class names and scale stand beside the cells
    axes = figure.add_subplot()
    shares = confusion_shares(confusion)
    image = _draw_cells(axes, shares)
    if num_classes <= _MAX_CLASSES_WITH_COUNTS:
        _draw_counts(axes, confusion, shares)
    _draw_labels(axes, [literal(shorten(name, _MAX_LABEL_LENGTH)) for name in classes])
    axes.set_title(literal(shorten(title, 40)), loc="left", fontsize=12, fontweight="bold", color=INK, pad=22)
    axes.annotate(
        literal(note), (0, 1), (0, 8), xycoords="axes fraction", textcoords="offset points", fontsize=9, color=MUTED
    )
    bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=5 * side, pad=0.02, format="{x:.0%}", ticks=[0, 0.5, 1])
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8, labelcolor=MUTED)
    bar.set_label("share of the true class", fontsize=8, color=MUTED)
    write_png(path, figure)


def _side_inches(num_classes: int) -> float:
    if num_classes <= _MAX_CLASSES_WITH_COUNTS:
        return max(3.4, num_classes * 0.5 if num_classes <= 12 else num_classes * 0.42)
    return min(12.0, max(9.0, num_classes * 0.2))


def _draw_cells(axes: Axes, shares: npt.NDArray[np.float64]) -> AxesImage:
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    ramp = ["#f5f8fb", "#b9d3ea", "#5b97cb", "#1f5f9e", "#0b2f5c"]
    colours = LinearSegmentedColormap.from_list("shares", ramp).with_extremes(bad="#e4e7eb")
    # The square root lets a few mistakes among thousands of examples still show.
    image = axes.imshow(shares, cmap=colours, norm=PowerNorm(0.5, 0, 1), interpolation="nearest")
    num_classes = len(shares)
    axes.set_xticks(np.arange(-0.5, num_classes), minor=True)
    axes.set_yticks(np.arange(-0.5, num_classes), minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5 if num_classes <= _MAX_CLASSES_WITH_COUNTS else 0.4)
    quiet_axes(axes, frame=False)
    axes.tick_params(which="minor", length=0)
    return image


def _draw_counts(axes: Axes, counts: Counts, shares: npt.NDArray[np.float64]) -> None:
    few = len(counts) <= _MAX_CLASSES_WITH_SHARES
    widest = max(len(f"{counts.max():,}"), 3)
    cell_points = 72 * _side_inches(len(counts)) / len(counts)
    size = min(12.0, 1.4 * cell_points / widest) if few else min(8.5, 46 / widest)
    for (row, column), count in np.ndenumerate(counts):
        if count == 0 and row != column:
            continue
        colour = "white" if shares[row, column] > 0.3 else INK
        axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=size, color=colour)
        if few and count:
            axes.annotate(
                f"{shares[row, column]:.2%}", (column, row), (0, -size * 1.3), textcoords="offset points",
                ha="center", va="center", fontsize=0.65 * size, color=colour, alpha=0.8,
            )  # fmt: skip


def _draw_labels(axes: Axes, names: list[str]) -> None:
    step = -(-len(names) // _MAX_LABELS)
    shown = np.arange(0, len(names), step)
    size = 9 if len(names) <= 20 else 8
    texts = [names[i] for i in shown]
    upright = max(map(len, texts)) > (12 if len(names) <= 3 else 5)
    axes.set_xticks(shown, texts, rotation=90 if upright and len(names) > 10 else 45 if upright else 0)
    axes.set_yticks(shown, texts)
    if upright and len(names) <= 10:
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.tick_params(labelsize=size, labelcolor=INK)
    axes.set_xlabel("predicted", fontsize=9, color=MUTED)
    axes.set_ylabel("true", fontsize=9, color=MUTED)
