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
from rich.spinner import Spinner
from rich.text import Text

from shapenet.cli.render.console import message_lines, plain_console, printable, stderr_width
from shapenet.cli.render.epochs import EpochTable, header_lines
from shapenet.cli.render.live import LABEL_WIDTH, PackingLines, TrainingLines
from shapenet.cli.render.pace import Pace
from shapenet.training.reporter import Reporter, TrainingStart
from shapenet.words import counted

_REFRESHES_PER_SECOND = 5
_WARNING = "warning: "


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
        lines = message_lines(text, before=len(_WARNING), width=stderr_width())
        sys.stderr.write(_WARNING + "\n".join(lines) + "\n")
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
            self._write(f"packing {counted(total, 'image')} of {printable(described)}")

    def started(self, start: TrainingStart) -> None:
        """The header."""
        self._pace = Pace(start.epochs - start.epochs_done, self._clock())
        self._table = EpochTable(start)
        for name, value in header_lines(start):
            self._write(f"{name:<{LABEL_WIDTH}}{value}")
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
        self._console = console or plain_console()
        self._clock = clock
        self._view: Callable[[], RenderableType] = Text
        self._packing: PackingLines | None = None
        self._training: TrainingLines | None = None
        self._live = self._make_live(redirect_stderr=False)
        self.status("starting")

    def __enter__(self) -> Self:
        """Show the live lines from now on."""
        self._live.start(refresh=True)
        return self

    def close(self) -> None:
        """Take the live lines away."""
        self._live.stop()

    def _make_live(self, *, redirect_stderr: bool) -> Live:
        return Live(
            console=self._console,
            get_renderable=self._current,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
            redirect_stderr=redirect_stderr,
        )

    def _current(self) -> RenderableType:
        return self._view()

    def status(self, text: str) -> None:
        """A spinner with a word."""
        spinner = Spinner("dots", Text(text, "dim"), style="cyan")
        self._view = lambda: spinner

    def warning(self, text: str) -> None:
        """On the terminal above the live lines; to stderr if that goes elsewhere."""
        if sys.stderr.isatty():
            first, *others = message_lines(text, before=len(_WARNING), width=self._console.width)
            self._print(Text.assemble(("warning", "yellow"), f": {first}"), *map(Text, others))
        else:
            super().warning(text)

    def packing(self, described: str, done: int, total: int) -> None:
        """A bar with rate and time left; at the end a line that stays."""
        now = self._clock()
        if self._packing is None or self._packing.described != described:
            self._packing = PackingLines(described, now)
        self._packing.step(done, total, now)
        self._view = self._packing.view
        if done >= total:
            self.status("preparing")
            self._print(self._packing.summary())

    def started(self, start: TrainingStart) -> None:
        """The header, the headings, and the first live row."""
        self._training = TrainingLines(start, self._console.width, self._clock)
        self._view = self._training.view
        if self._live.is_started:
            # Only now, since sys.stderr changes hands while libraries are loaded on another thread.
            self._live.stop()
            self._live = self._make_live(redirect_stderr=sys.stderr.isatty())
            self._live.start()
        self._print(*([Text()] if self._packing else []), *self._training.header(start))

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
            text = self._training.end_epoch(row, is_best=is_best)
            if self._training.is_over:
                self.status("finishing")
            self._print(text)

    def _print(self, *lines: Text) -> None:
        """Print lines that stay, above live lines that show what holds now."""
        if self._live.is_started:
            self._live.refresh()
        self._console.print(Group(*lines))


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show a spinner on stderr, if that is a terminal, while the block lasts."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(Text(text, "dim"), spinner_style="cyan"):
        yield
