"""The picture of a learning rate range test."""

from __future__ import annotations

from pathlib import Path

from shapenet.figure import INK, MUTED, literal, new_figure, quiet_axes, shorten, write_png
from shapenet.training.lr_range import RateSweep

_LOSS_COLOUR = "#9fb3c8"
_SMOOTHED_COLOUR = "#1f5f9e"
_SUGGESTED_COLOUR = "#d64545"


def write_rates_plot(path: Path, sweep: RateSweep, name: str) -> None:
    """Draw the loss over the rate, which is on a logarithmic scale, into a PNG file.

    Args:
        path: The file, replaced in one step.
        sweep: The test.
        name: The experiment's name, for the title.

    Raises:
        MachineError: The file can't be written.
    """
    figure = new_figure(6.4, 3.8)
    figure.suptitle(literal(shorten(name, 50)), x=0.012, ha="left", fontsize=12, fontweight="bold", color=INK)
    axes = figure.subplots()
    rates = [point.learning_rate for point in sweep.points]
    smoothed = [point.smoothed for point in sweep.points]
    axes.plot(rates, [point.loss for point in sweep.points], color=_LOSS_COLOUR, linewidth=1, label="loss")
    axes.plot(rates, smoothed, color=_SMOOTHED_COLOUR, linewidth=2, label="smoothed")
    axes.set_xscale("log")
    least, most = min(smoothed), max(smoothed)
    room = 0.1 * (most - least) or 0.1 * abs(most) or 0.1
    axes.set_ylim(least - room, most + room)
    quiet_axes(axes)
    axes.tick_params(which="minor", length=0)
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("learning rate", fontsize=9, color=MUTED)
    if (steepest := sweep.steepest) is not None:
        height = smoothed[rates.index(steepest)]
        axes.axvline(steepest, color=_SUGGESTED_COLOUR, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        label = f"steepest: {steepest:.2g}"
        axes.plot([steepest], [height], "o", color=_SUGGESTED_COLOUR, markersize=6, zorder=5, label=label)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8, labelcolor=INK, frameon=False, borderpad=0
    )
    write_png(path, figure)
