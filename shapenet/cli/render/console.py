"""Printing of tables and text: fitted to a terminal, plain and complete elsewhere."""

from __future__ import annotations

import io
import math

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
        console = Console(highlight=False)
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
    console = Console(file=buffer, width=width, color_system=None, force_terminal=False, highlight=False)
    for renderable in renderables:
        console.print(renderable)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


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


def open_table(title: str | None = None) -> Table:
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
        title=printable(title) if title else None,
        title_style="bold",
        title_justify="left",
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
