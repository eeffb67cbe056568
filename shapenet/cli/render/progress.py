"""The reporters that show how training goes: live on a terminal, in plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shapenet.cli.render.console import printable
from shapenet.cli.render.epochs import EpochTable, header_lines
from shapenet.cli.render.pace import Pace, duration
from shapenet.training.reporter import Reporter, TrainingStart

_REFRESHES_PER_SECOND = 5
_LABEL_WIDTH = 10


def make_reporter(*, quiet: bool = False) -> CommandReporter:
    """The reporter that suits where stdout goes.

    Args:
        quiet: Show warnings only.
    """
    if quiet:
        return CommandReporter()
    return LiveReporter() if sys.stdout.isatty() and not Console().is_dumb_terminal else PlainReporter()


class CommandReporter(Reporter):
    """Writes warnings to stderr and nothing else; a context in which to report."""

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing, whatever happened."""
        self.close()

    def status(self, text: str) -> None:
        """What goes on, while there is nothing to count."""

    def warning(self, text: str) -> None:
        """Write it to stderr."""
        sys.stderr.write(f"warning: {printable(text)}\n")
        sys.stderr.flush()


class PlainReporter(CommandReporter):
    """Lines of text on stdout, each flushed, without a single control character.

    Where nobody reads them any more, the training goes on without them.

    Args:
        clock: Time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pace: Pace | None = None
        self._table: EpochTable | None = None
        self._packed: str | None = None
        self._is_read = True

    def packing(self, described: str, done: int, total: int) -> None:
        """One line for each source."""
        if described != self._packed:
            self._packed = described
            self._write(f"packing {total:,} images of {printable(described)}")

    def started(self, start: TrainingStart) -> None:
        """The header."""
        self._pace = Pace(start.epochs, self._clock())
        self._table = EpochTable(start)
        for name, value in header_lines(start):
            self._write(f"{name:<{_LABEL_WIDTH}}{value}")
        self._write("")
        self._write(self._table.heading())

    def epoch(self, row: Mapping[str, float], *, is_best: bool) -> None:
        """One row."""
        if self._pace and self._table:
            now = self._clock()
            self._pace.end_epoch(now)
            self._write(self._table.row(row, left=self._pace.total_left(now), is_best=is_best).rstrip())

    def _write(self, line: str) -> None:
        if not self._is_read:
            return
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError:
            self._is_read = False


class LiveReporter(CommandReporter):
    """Rows that stay, above a few live lines that go when training ends.

    Args:
        console: The terminal; stdout if None.
        clock: Time in seconds.
    """

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(highlight=False)
        self._clock = clock
        self._view: Callable[[], RenderableType] = Text
        self._packing: _Packing | None = None
        self._training: _Training | None = None
        self._live = Live(
            console=self._console,
            get_renderable=self._current,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
            redirect_stderr=sys.stderr.isatty(),
        )
        self.status("starting")

    def __enter__(self) -> Self:
        """Show the live lines from now on."""
        self._live.start(refresh=True)
        return self

    def close(self) -> None:
        """Take the live lines away."""
        self._live.stop()

    def _current(self) -> RenderableType:
        return self._view()

    def status(self, text: str) -> None:
        """A spinner with a word."""
        spinner = Spinner("dots", Text(text, "dim"), style="cyan")
        self._view = lambda: spinner

    def warning(self, text: str) -> None:
        """On the terminal above the live lines; to stderr if that goes elsewhere."""
        if sys.stderr.isatty():
            self._console.print(Text.assemble(("warning", "yellow"), f": {printable(text)}"))
        else:
            super().warning(text)

    def packing(self, described: str, done: int, total: int) -> None:
        """A bar with rate and time left; at the end a line that stays."""
        now = self._clock()
        if self._packing is None or self._packing.described != described:
            self._packing = _Packing(described, now)
        self._packing.step(done, total, now)
        self._view = self._packing.view
        if done >= total:
            self.status("preparing")
            self._console.print(self._packing.summary())

    def started(self, start: TrainingStart) -> None:
        """The header, the headings, and the first live row."""
        self._training = _Training(start, self._console.width, self._clock)
        if self._packing:
            self._console.print()
        for name, value in header_lines(start):
            line = Text.assemble((f"{name:<{_LABEL_WIDTH}}", "dim"), value)
            line.no_wrap, line.overflow = name != "run", "fold" if name == "run" else "ellipsis"
            self._console.print(line)
        self._console.print()
        self._console.print(Text(self._training.table.heading(), "bold", no_wrap=True, overflow="crop"))
        self._console.print(Text("─" * self._training.table.width, "dim", no_wrap=True, overflow="crop"))
        self._view = self._training.view

    def step(self, epoch: int, images_done: int, images_total: int, logs: Mapping[str, float]) -> None:
        """Remember where it is; the live lines are drawn a few times a second."""
        if self._training:
            self._training.step(epoch, (images_done, images_total), logs)

    def validating(self, epoch: int) -> None:
        """Say so."""
        if self._training:
            self._training.validating = True

    def epoch(self, row: Mapping[str, float], *, is_best: bool) -> None:
        """A row that stays."""
        if self._training:
            self._console.print(self._training.end_epoch(row, is_best=is_best))


class _Packing:
    """How far a source is packed."""

    def __init__(self, described: str, now: float) -> None:
        self.described = printable(described)
        self._began = self._now = now
        self._first: tuple[float, int] | None = None
        self._done = self._total = 0

    def step(self, done: int, total: int, now: float) -> None:
        """So many images are packed."""
        self._done, self._total, self._now = done, total, now
        self._first = self._first or (now, done)

    def view(self) -> RenderableType:
        """A line with a bar."""
        text = f"{self._done:,} / {self._total:,} images"
        if self._first and self._now > self._first[0]:
            rate = (self._done - self._first[1]) / (self._now - self._first[0])
            left = (self._total - self._done) / rate if rate else None
            text += f"  {rate:,.0f}/s  {duration(left)} left"
        return _bar_line("packing", self._done, self._total, text)

    def summary(self) -> Text:
        """What was packed."""
        return Text(f"packed {self._total:,} images of {self.described}", "dim", no_wrap=True, overflow="ellipsis")


class _Training:
    """Where the training is, as lines.

    Attributes:
        table: Lays out the rows.
        validating: Whether the epoch's steps are done.
    """

    def __init__(self, start: TrainingStart, width: int, clock: Callable[[], float]) -> None:
        self.table = EpochTable(start, width)
        self.validating = False
        self._clock = clock
        self._pace = Pace(start.epochs, clock())
        self._epoch = 1
        self._images = (0, start.num_examples["train"])
        self._logs: Mapping[str, float] = {}

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
            note = f"{done:,} / {total:,} images"
            left = self._pace.epoch_left(now)
            note += f"  {duration(left)} left in this epoch" if left is not None else ""
        return Group(Text(row, "dim", no_wrap=True, overflow="crop"), _bar_line("", done, total, note))


def _bar_line(label: str, done: int, total: int, note: str) -> RenderableType:
    line = Table.grid(padding=(0, 2, 0, 0))
    bar = ProgressBar(max(total, 1), done, width=24, complete_style="cyan", finished_style="cyan")
    line.add_row(Text(label or " ", "dim"), bar, Text(note, "dim", no_wrap=True, overflow="ellipsis"))
    return line


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show a spinner on stderr, if that is a terminal, while the block lasts."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(Text(text, "dim"), spinner_style="cyan"):
        yield
