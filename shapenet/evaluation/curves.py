"""The picture of how loss and metric went over the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.figure import INK, MUTED, literal, new_figure, quiet_axes, shorten, write_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TRAIN_COLOUR = "#9fb3c8"
_VAL_COLOUR = "#1f5f9e"
_BEST_COLOUR = "#d64545"
_LOG_SCALE_FROM = 30.0
_FINE_TICKS_BELOW = 1000.0
_MAX_EPOCHS_WITH_DOTS = 30


@dataclass(frozen=True)
class Curve:
    """The values of one figure over the epochs.

    Attributes:
        epochs: Epochs at which it is known, from 1, ascending.
        values: Its values, all finite.
    """

    epochs: tuple[int, ...]
    values: tuple[float, ...]

    def at(self, epoch: int) -> float | None:
        """The value at `epoch`, or None."""
        return dict(zip(self.epochs, self.values, strict=True)).get(epoch)


def curve(rows: Sequence[Mapping[str, Any]], name: str) -> Curve:
    """The curve of `name` in the rows of a metrics.jsonl; values that are not finite are left out.

    Where an epoch stands twice, as after a run was resumed, the later row counts.
    """
    points: dict[int, float] = {}
    for row in rows:
        epoch, value = row.get("epoch"), row.get(name)
        if isinstance(epoch, int) and isinstance(value, int | float):
            points[epoch] = float(value)
    known = sorted((epoch, value) for epoch, value in points.items() if math.isfinite(value))
    return Curve(tuple(epoch for epoch, _ in known), tuple(value for _, value in known))


def write_curves(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    run_name: str,
    metrics: Sequence[str],
    best_epoch: int | None = None,
) -> None:
    """Draw loss and metrics, on the training and the validation split, into a PNG file.

    Args:
        path: The file, replaced in one step.
        rows: The rows of a metrics.jsonl.
        run_name: The run's name, for the title.
        metrics: The metrics beside the loss, without ``val_``, for example ``accuracy``.
        best_epoch: The epoch to mark.

    Raises:
        MachineError: The file can't be written.
    """
    names = list(dict.fromkeys(["loss", *metrics]))
    figure = new_figure(4.8 * len(names), 3.6)
    figure.suptitle(literal(shorten(run_name, 40)), x=0.012, ha="left", fontsize=12, fontweight="bold", color=INK)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        train, val = curve(rows, name), curve(rows, f"val_{name}")
        _draw_panel(axes, name, train, val)
        _mark_best(axes, val if val.epochs else train, best_epoch)
        _draw_legend(axes)
    write_png(path, figure)


def _draw_panel(axes: Axes, name: str, train: Curve, val: Curve) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    for label, line, colour, width in (("train", train, _TRAIN_COLOUR, 1.6), ("val", val, _VAL_COLOUR, 2.0)):
        if line.epochs:
            dots = "o" if len(line.epochs) <= _MAX_EPOCHS_WITH_DOTS else ""
            axes.plot(line.epochs, line.values, dots + "-", label=label, color=colour, linewidth=width, markersize=3)
    values = train.values + val.values
    logarithmic = bool(values) and min(values) > 0 and max(values) / min(values) >= _LOG_SCALE_FROM
    if logarithmic:
        axes.set_yscale("log")
        steps = (1, 2, 5) if max(values) / min(values) < _FINE_TICKS_BELOW else (1,)
        axes.yaxis.set_major_locator(LogLocator(subs=steps))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    quiet_axes(axes)
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    axes.set_xlabel("epoch", fontsize=9, color=MUTED)
    scale = "  (log scale)" if logarithmic else ""
    axes.set_title(literal(name) + scale, loc="left", fontsize=10, color=INK, pad=22)
    if not values:
        axes.text(0.5, 0.5, "no values", ha="center", color=MUTED, transform=axes.transAxes)


def _mark_best(axes: Axes, line: Curve, best_epoch: int | None) -> None:
    value = line.at(best_epoch) if best_epoch is not None else None
    if best_epoch is None or value is None:
        return
    axes.axvline(best_epoch, color=_BEST_COLOUR, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    label = f"best epoch {best_epoch}: {value:.4g}"
    axes.plot([best_epoch], [value], "o", color=_BEST_COLOUR, markersize=6, zorder=5, label=label)


def _draw_legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        look: dict[str, Any] = {"fontsize": 8, "labelcolor": INK, "frameon": False, "borderpad": 0}
        spaces: dict[str, Any] = {"borderaxespad": 0.2, "handlelength": 1.4, "columnspacing": 1.4}
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, **look, **spaces)
