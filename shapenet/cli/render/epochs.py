"""The training as lines of text: what is trained on what, then one aligned row per epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from shapenet.cli.render.console import printable
from shapenet.cli.render.pace import duration
from shapenet.cli.render.runs import short_metric
from shapenet.training.balance import Balance
from shapenet.training.reporter import TrainingStart
from shapenet.words import counted

if TYPE_CHECKING:
    from shapenet.training.init import InitialWeights

_GAP = "  "
_NARROW = 8
_MOST_CLASSES_NAMED = 5


def header_lines(start: TrainingStart) -> list[tuple[str, str]]:
    """What is trained on what, as names and values."""
    images = ", ".join(f"{count:,} {split}" for split, count in start.num_examples.items())
    shape = " x ".join("any" if side is None else str(side) for side in start.image_shape)
    classes = counted(len(start.classes), "class", "classes")
    if len(start.classes) <= _MOST_CLASSES_NAMED:
        classes = ", ".join(start.classes)
    parameters = counted(start.num_parameters, "parameter")
    if start.num_trainable < start.num_parameters:
        parameters += f", {start.num_trainable:,} of them trained,"
    epochs = f"at most {counted(start.epochs, 'epoch')}"
    if start.epochs_done:
        epochs += f", {start.epochs_done:,} of them done before"
    named = f": {classes}" if start.classes else ""
    lines = [
        ("training", f"{start.name}, {epochs}; * marks the best {start.monitor} so far"),
        ("images", f"{images} of {shape}{named}"),
        *_input_line(start.inputs),
        *_balance_line(start.balance),
        ("model", f"{parameters} in {start.precision} on {start.device}"),
        *_initial_lines(start.initial),
        ("run", str(start.run)),
    ]
    return [(name, printable(value)) for name, value in lines]


def _input_line(inputs: Sequence[str]) -> list[tuple[str, str]]:
    """What the model is given in place of the image, if it is."""
    return [] if "image" in inputs else [("input", ", ".join(inputs))]


def _initial_lines(initial: InitialWeights | None) -> list[tuple[str, str]]:
    """Which layers begin with weights from elsewhere."""
    lines = initial.lines() if initial else []
    return [("init" if index == 0 else "", line) for index, line in enumerate(lines)]


def _balance_line(balance: Balance) -> list[tuple[str, str]]:
    """What makes up for classes of unequal size, if anything does."""
    texts = []
    if balance.shown is not None:
        there = sum(count > 0 for count in balance.counts.values())
        texts.append(f"each class {balance.shown:,} times an epoch, {there * balance.shown:,} images in all")
    for task, given in balance.weights.items():
        weights = [f"{weight:.3g} {name}" for name, weight in given.items()]
        if len(weights) > _MOST_CLASSES_NAMED:
            weights = [f"{min(given.values()):.3g} to {max(given.values()):.3g}"]
        texts.append(f"class weights{f' of {task}' * bool(task)} {', '.join(weights)}")
    return [("balance", "; ".join(texts))] if texts else []


@dataclass(frozen=True)
class _Column:
    """One column.

    Attributes:
        key: Which value it shows.
        heading: Its heading.
        width: Its width in characters.
    """

    key: str
    heading: str
    width: int


class EpochTable:
    """Lays out the rows of epochs.

    Args:
        start: Names the metrics and the number of epochs.
        width: Width in characters that rows keep to where possible: the metrics after
            the first go first, then other columns. None: everything is shown.
    """

    def __init__(self, start: TrainingStart, width: int | None = None) -> None:
        self._epochs = start.epochs
        self._first_width = len(self._counted(start.epochs)) + 2
        self._columns = _fitting(_all_columns(start), start.metrics, width, self._first_width)

    @property
    def width(self) -> int:
        """Width of the rows in characters."""
        return self._first_width + sum(len(_GAP) + column.width for column in self._columns)

    def heading(self) -> str:
        """The line of headings."""
        cells = [_right(column.heading, column.width) for column in self._columns]
        return _GAP.join([_right("epoch", self._first_width), *cells])

    def row(self, values: Mapping[str, float], *, left: float | None, is_best: bool = False) -> str:
        """The row of an epoch; what is not in `values` stays blank.

        Args:
            values: ``epoch``, losses, metrics, ``learning_rate``, ``images_per_second``, ``seconds``.
            left: Seconds until the training's end.
            is_best: Whether to mark it.
        """
        first = _right(self._counted(int(values["epoch"])), self._first_width - 2)
        texts = {key: _shown(key, value) for key, value in values.items()}
        texts["left"] = duration(left)
        cells = [_right(texts.get(column.key, ""), column.width) for column in self._columns]
        return _GAP.join(["* " * is_best + "  " * (not is_best) + first, *cells])

    def _counted(self, epoch: int) -> str:
        return f"{epoch}/{self._epochs}".rjust(5)


def _all_columns(start: TrainingStart) -> list[_Column]:
    names = ["loss", *start.metrics]
    has_val = "val" in start.num_examples
    keys = [*names, *(f"val_{name}" for name in names if has_val)]
    columns = [_Column(key, heading, max(7, cell_len(heading))) for key in keys for heading in [short_metric(key)]]
    rate, time = _Column("images_per_second", "img/s", 7), _Column("seconds", "time", 6)
    return [*columns, _Column("learning_rate", "lr", 6), rate, time, _Column("left", "left", 6)]


def _fitting(columns: list[_Column], metrics: Sequence[str], width: int | None, first_width: int) -> list[_Column]:
    """Leave out and cut columns until they fit."""

    def too_wide() -> bool:
        return width is not None and first_width + sum(len(_GAP) + column.width for column in columns) > width

    for name in reversed(metrics[1:]):
        if too_wide():
            columns = [column for column in columns if column.key not in (name, f"val_{name}")]
    if too_wide():
        columns = [replace(column, width=min(column.width, _NARROW)) for column in columns]
    for key in ("learning_rate", "images_per_second", "seconds", *metrics[:1], "left"):
        if too_wide():
            columns = [column for column in columns if column.key != key]
    return columns


def _right(text: str, width: int) -> str:
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - length) + text


def _shown(key: str, value: float) -> str:
    if key == "seconds":
        return duration(value)
    if key == "images_per_second":
        return f"{value:,.0f}"
    return _rate(value) if key == "learning_rate" else figure(value)


def _rate(value: float) -> str:
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def figure(value: float) -> str:
    """A loss or a metric in at most seven characters (eight if negative)."""
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size != 0 and (size < 1e-3 or size >= 1e5):
        return f"{value:.1e}"
    whole_digits = len(str(int(size)))
    return f"{value:.{max(0, 5 - whole_digits)}f}"
