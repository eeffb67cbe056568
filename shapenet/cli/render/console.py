"""Printing of tables and text: fitted to a terminal, plain and complete elsewhere."""

from __future__ import annotations

import io
import math
import textwrap
from typing import Any

import click
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

_UNLIMITED_WIDTH = 100_000


def show(*renderables: RenderableType) -> None:
    """Print to stdout.

    On a terminal, tables shrink to its width and have colour. In a pipe or a file
    they are as wide as their content, nothing is cut and nothing is coloured.
    """
    if is_terminal():
        console = plain_console()
        for renderable in renderables:
            console.print(renderable)
    else:
        click.echo(as_text(*renderables), nl=False)


def as_text(*renderables: RenderableType, width: int = _UNLIMITED_WIDTH) -> str:
    """What would be printed, without colour and without blanks at the ends of lines.

    Args:
        *renderables: What to print.
        width: Width in characters that tables shrink to.
    """
    buffer = io.StringIO()
    console = plain_console(file=buffer, width=width, color_system=None, force_terminal=False)
    for renderable in renderables:
        console.print(renderable)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def plain_console(**options: Any) -> Console:
    """A console that prints text as it is: brackets are no markup and ``:name:`` is no emoji.

    Args:
        **options: As `Console` takes them.
    """
    return Console(highlight=False, markup=False, emoji=False, **options)


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return Console().is_terminal


def cell(value: object, style: str = "") -> Text:
    """One line of text, cut with an ellipsis where it doesn't fit.

    Characters that can't be printed, such as those that steer a terminal, become ``�``:
    names come from files that others may have written.
    """
    return Text(printable(value), style=style, no_wrap=True, overflow="ellipsis")


def printable(value: object) -> str:
    """`value` as text on one line without characters that steer a terminal."""
    return "".join(
        character if character.isprintable() else " " if character in "\n\r\t" else "�" for character in str(value)
    )


def message_lines(text: object, *, before: int, width: int | None = None) -> list[str]:
    """A message line by line, without characters that steer a terminal.

    Later lines are indented, so that none can pass for a message of its own.

    Args:
        text: The message; it may have several lines.
        before: Number of characters that stand before the first line.
        width: Width in characters to wrap at, but within words; None: lines stay whole.
    """
    first, *others = (printable(line).rstrip() for line in str(text).split("\n"))
    lines = [f"{'.' * before}{first}", *(line if line[:2].isspace() else f"  {line}" for line in others)]
    shown = [part for line in lines for part in _wrapped(line, width)]
    return [shown[0][before:], *shown[1:]]


def _wrapped(line: str, width: int | None) -> list[str]:
    if width is None or len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line, width, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
    )  # fmt: skip


def stderr_width() -> int | None:
    """Width of the terminal that stderr is, in characters; None if it is none."""
    console = Console(stderr=True)
    return console.width if console.is_terminal else None


def open_table() -> Table:
    """A table with a rule below its head and no frame around it.

    Columns added with ``no_wrap=True`` keep their width where space is short; the
    others shrink, the widest first.
    """
    return Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption_style="dim",
        caption_justify="left",
        header_style="bold",
        border_style="dim",
    )


def number(value: float | None, digits: int = 4) -> str:
    """A figure with `digits` decimals, in powers of ten where those say little; ``-`` if unknown."""
    if value is None or math.isnan(value):
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    if value != 0 and (abs(value) < 10.0 ** (1 - digits) or abs(value) >= 1e6):
        return f"{value:.2e}"
    return f"{value:.{digits}f}"
