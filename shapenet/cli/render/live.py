"""The lines at the bottom of a terminal that show how far packing and training are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shapenet.cli.render.console import printable
from shapenet.cli.render.epochs import EpochTable, header_lines
from shapenet.cli.render.pace import Pace, duration
from shapenet.training.reporter import TrainingStart
from shapenet.words import counted

LABEL_WIDTH = 10
"""Width of the names in the header."""


class PackingLines:
    """How far a source is packed.

    Args:
        described: The source in words.
        now: Time in seconds.
        label: What is done with it.
    """

    def __init__(self, described: str, now: float, label: str = "packing") -> None:
        self.described = printable(described)
        self._label = label
        self._began = self._now = now
        self._first: tuple[float, int] | None = None
        self._done = self._total = 0

    def step(self, done: int, total: int, now: float) -> None:
        """So many images are packed."""
        self._done, self._total, self._now = done, total, now
        self._first = self._first or (now, done)

    def view(self) -> RenderableType:
        """A line with a bar."""
        text = f"{self._done:,} / {counted(self._total, 'image')}"
        if self._first and self._now > self._first[0]:
            rate = (self._done - self._first[1]) / (self._now - self._first[0])
            left = (self._total - self._done) / rate if rate else None
            text += f"  {rate:,.0f}/s  {duration(left)} left"
        return bar_line(self._label, self._done, self._total, text)

    def summary(self) -> Text:
        """What was packed."""
        text = f"packed {counted(self._total, 'image')} of {self.described}"
        return Text(text, "dim", no_wrap=True, overflow="ellipsis")


class TrainingLines:
    """Where the training is, as lines.

    Args:
        start: What is trained.
        width: Width of the terminal in characters.
        clock: Time in seconds.

    Attributes:
        table: Lays out the rows.
        validating: Whether the epoch's steps are done.
    """

    def __init__(self, start: TrainingStart, width: int, clock: Callable[[], float]) -> None:
        self.table = EpochTable(start, width)
        self.validating = False
        self._clock = clock
        self._pace = Pace(start.epochs - start.epochs_done, clock())
        self._epoch, self._epochs = start.epochs_done + 1, start.epochs
        self._images = (0, start.num_examples["train"])
        self._logs: Mapping[str, float] = {}

    @property
    def is_over(self) -> bool:
        """Whether there are no more epochs."""
        return self._epoch > self._epochs

    def header(self, start: TrainingStart) -> list[Text]:
        """What is trained on what, and the headings."""
        lines = []
        for name, value in header_lines(start):
            line = Text.assemble((f"{name:<{LABEL_WIDTH}}", "dim"), value)
            line.no_wrap, line.overflow = name != "run", "fold" if name == "run" else "ellipsis"
            lines.append(line)
        heading = Text(self.table.heading(), "bold", no_wrap=True, overflow="crop")
        return [*lines, Text(), heading, Text("─" * self.table.width, "dim", no_wrap=True, overflow="crop")]

    def step(self, epoch: int, images: tuple[int, int], logs: Mapping[str, float]) -> None:
        """So many images of the epoch are done."""
        self._epoch, self._images, self._logs = epoch, images, logs
        self._pace.step(*images, self._clock())

    def end_epoch(self, row: Mapping[str, float], *, is_best: bool) -> Text:
        """The row that stays of an epoch."""
        now = self._clock()
        self._pace.end_epoch(now)
        left = self._pace.total_left(now)
        self._epoch, self._images, self._logs = int(row["epoch"]) + 1, (0, self._images[1]), {}
        self.validating = False
        text = Text(self.table.row(row, left=left, is_best=is_best), no_wrap=True, overflow="crop")
        if is_best:
            text.stylize("bold green", 0, 1)
        return text

    def view(self) -> RenderableType:
        """The running epoch: its row so far, and a bar."""
        now = self._clock()
        values = {"epoch": self._epoch, **self._logs, "seconds": self._pace.elapsed(now)}
        if (rate := self._pace.images_per_second) is not None:
            values["images_per_second"] = rate
        row = self.table.row(values, left=self._pace.total_left(now))
        done, total = self._images
        if self.validating:
            note = "validating"
        elif not done:
            note = "compiling" if self._epoch == 1 else ""
        else:
            note = f"{done:,} / {counted(total, 'image')}"
            left = self._pace.epoch_left(now)
            note += f"  {duration(left)} left in this epoch" if left is not None else ""
        return Group(Text(row, "dim", no_wrap=True, overflow="crop"), bar_line("", done, total, note))


def bar_line(label: str, done: int, total: int, note: str) -> RenderableType:
    """A bar between a label and a note."""
    line = Table.grid(padding=(0, 2, 0, 0))
    bar = ProgressBar(max(total, 1), done, width=24, complete_style="cyan", finished_style="cyan")
    line.add_row(Text(label or " ", "dim"), bar, Text(note, "dim", no_wrap=True, overflow="ellipsis"))
    return line
