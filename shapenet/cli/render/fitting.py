"""A table that leaves out whole columns where it is too wide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from shapenet.cli.render.console import printable

_UNLIMITED_WIDTH = 100_000


class FittingTable:
    """A table of figures: columns are left out from the right until it fits, none is cut; a line names them.

    Args:
        build: Makes the table with the columns of some of the names.
        names: Names of the columns that could go, in their order.
        kept: Those that never go.
        spare: So many characters may be cut from the column that `build` puts first by itself.
    """

    def __init__(
        self, build: Callable[[Sequence[str]], Table], names: Sequence[str], kept: Collection[str], spare: int = 0
    ) -> None:
        self._build = build
        self._names = names
        self._kept = kept
        self._spare = spare

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """The table that fits."""
        left_out: list[str] = []
        table = self._build(self._names)
        for name in reversed(self._names):
            if self._needed(table, console, options) <= options.max_width:
                break
            if name not in self._kept:
                left_out.insert(0, name)
                table = self._build([other for other in self._names if other not in left_out])
        yield table
        if left_out:
            yield Text(f"too wide for here: {', '.join(map(printable, left_out))}", "dim")

    def _needed(self, table: Table, console: Console, options: ConsoleOptions) -> int:
        return Measurement.get(console, options.update(width=_UNLIMITED_WIDTH), table).maximum - self._spare
