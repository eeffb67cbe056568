"""A bar on stderr for work that is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def counting(verb: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr with rate and time left, or one plain line if stderr is no terminal.

    Args:
        verb: What is done: ``drawing``.
        total: How many there are.
        unit: What they are, in the plural: ``images``.

    Yields:
        What to call with the number done since the last call.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        click.echo(f"{verb} {total:,} {unit}", err=True)
        yield lambda count: None
        return
    rate = TextColumn(f"{{task.fields[rate]:>7,.0f}} {unit}/s")
    columns = (TextColumn(verb), BarColumn(), TaskProgressColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(verb, total=total, rate=0.0)

        def advance(count: int) -> None:
            bar.update(task, advance=count)
            bar.update(task, rate=bar.tasks[0].speed or 0.0)

        yield advance
