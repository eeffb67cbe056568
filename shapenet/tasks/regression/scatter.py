"""The picture of predicted against true values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shapenet.figure import INK, MUTED, literal, new_figure, quiet_axes, shorten, write_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from shapenet.tasks.regression.evaluator import RegressionReport

_MOST_PANELS = 12
_MOST_DOTS = 3000
_COLUMNS = 4
_SIDE_INCHES = 2.6
_DOT, _LINE = "#1f5f9e", "#d64545"


def write_scatter(path: Path, report: RegressionReport, *, run_name: str, split: str) -> None:
    """Draw a panel for each number into a PNG file, the first twelve if there are more.

    A dot is an example; on the diagonal the prediction is right. Of very many examples a part is drawn,
    evenly spread over the split. A predicted angle stands where it is nearest to the true one.

    Args:
        path: The file, replaced in one step.
        report: What to draw.
        run_name: The run's name, for the title.
        split: The split that the report is on, for the title.

    Raises:
        MachineError: The file can't be written.
    """
    num_panels = min(len(report.numbers), _MOST_PANELS)
    num_columns = min(num_panels, _COLUMNS)
    num_rows = math.ceil(num_panels / num_columns)
    figure = new_figure(num_columns * _SIDE_INCHES + 0.6, num_rows * (_SIDE_INCHES + 0.5) + 0.6)
    title = literal(f"{shorten(run_name, 40)}: predicted against true, {split}")
    figure.suptitle(title, x=0.012, ha="left", fontsize=12, fontweight="bold", color=INK)
    panels = figure.subplots(num_rows, num_columns, squeeze=False).ravel()
    for axes in panels[num_panels:]:
        axes.set_visible(False)
    for number, axes in enumerate(panels[:num_panels]):
        _draw_panel(axes, report, number)
    write_png(path, figure)


def _draw_panel(axes: Axes, report: RegressionReport, number: int) -> None:
    step = max(1, math.ceil(len(report.true) / _MOST_DOTS))
    true = report.true[::step, number]
    predicted = true + report.figures.errors[::step, number]
    figures = report.figures.per_number[number]
    quiet_axes(axes)
    axes.grid(color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    if len(true):
        both = np.concatenate([true, predicted])
        low, high = float(both.min()), float(both.max())
        margin = (high - low) * 0.04 or 0.5
        ends = (low - margin, high + margin)
        axes.plot(ends, ends, color=_LINE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        axes.scatter(true, predicted, s=9, color=_DOT, alpha=_opacity(len(true)), linewidths=0, zorder=2)
        axes.set(xlim=ends, ylim=ends)
    axes.set_aspect("equal", "box")
    axes.set_title(literal(shorten(report.numbers.each[number].name, 28)), loc="left", fontsize=10, color=INK, pad=18)
    r2 = "-" if math.isnan(figures.r2) else f"{figures.r2:.3f}"
    axes.annotate(
        f"MAE {figures.mae:.3g}  ·  R2 {r2}", (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points",
        fontsize=8, color=MUTED,
    )  # fmt: skip
    axes.set_xlabel("true", fontsize=8, color=MUTED)
    axes.set_ylabel("predicted", fontsize=8, color=MUTED)


def _opacity(num_dots: int) -> float:
    return min(0.8, max(0.15, 120 / max(num_dots, 1)))
