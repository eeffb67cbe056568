"""The lines that a command ends with: what there is now, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from shapenet.cli.render.console import printable


def show_closing(facts: Mapping[str, str | Iterable[str]], commands: Mapping[str, str]) -> None:
    """Print names and values in two columns; nothing is wrapped or cut, so that all can be copied.

    Args:
        facts: Values by name; a name may have several lines.
        commands: Commands by what they are for.
    """
    width = max(map(len, [*facts, *commands])) + 2
    click.echo()
    for name, value in [*facts.items(), *commands.items()]:
        lines = [value] if isinstance(value, str) else list(value)
        for index, line in enumerate(lines):
            label = click.style(("" if index else name).ljust(width), dim=True)
            text = click.style(printable(line), fg="cyan") if name in commands else printable(line)
            click.echo(f"{label}{text}")
