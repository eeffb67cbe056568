"""How far packing and measuring are: a bar on a terminal, one line elsewhere; always on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

import click
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from shapenet.cli.render.console import printable
from shapenet.cli.render.live import PackingLines
from shapenet.cli.render.progress import CommandReporter

_REFRESHES_PER_SECOND = 5


class DataReporter(CommandReporter):
    """Shows how far it is, on stderr, so that stdout holds the result alone.

    Args:
        console: Where to; stderr if None.
        clock: Time in seconds.

    Attributes:
        packed: Sources that had to be packed.
    """

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        console = console or Console(stderr=True, highlight=False)
        self.packed: list[str] = []
        self._clock = clock
        self._is_packing = False
        self._lines: PackingLines | None = None
        self._status = "opening the data"
        self._live: Live | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            self._live = Live(
                console=console, get_renderable=self._view, refresh_per_second=_REFRESHES_PER_SECOND, transient=True
            )

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._live:
            self._live.start()
        return self

    def close(self) -> None:
        """Take the bar away."""
        if self._live:
            self._live.stop()

    def packing(self, described: str, done: int, total: int) -> None:
        """A bar for each source, or a line."""
        if not self._is_packing:
            self.packed.append(described)
            self._begin("packing", total, described)
        self._is_packing = done < total
        self._step(done, total)

    def status(self, text: str) -> None:
        """What goes on, in place of a bar; or a line."""
        self._lines, self._status = None, text
        if not self._live:
            click.echo(text, err=True)

    def counting(self, label: str, total: int) -> Callable[[int], None]:
        """A bar for something else.

        Args:
            label: What is done, as ``measuring``.
            total: To how many images.

        Returns:
            To be called with how many more are done.
        """
        done = 0
        self._begin(label, total)
        self._step(0, total)

        def advance(count: int) -> None:
            nonlocal done
            done += count
            self._step(done, total)

        return advance

    def _begin(self, label: str, total: int, described: str = "") -> None:
        self._lines = PackingLines(described, self._clock(), label)
        if not self._live:
            of = f" of {printable(described)}" if described else ""
            click.echo(f"{label} {total:,} images{of}", err=True)

    def _step(self, done: int, total: int) -> None:
        if self._lines:
            self._lines.step(done, total, self._clock())

    def _view(self) -> RenderableType:
        return self._lines.view() if self._lines else Text(self._status, "dim")
