"""The command ``shapenet data info``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from shapenet.cli.data_subject import chosen, format_option, open_evidence, subject_options


@click.command("info")
@subject_options
@format_option
def info(path: Path | None, config: Path | None, overrides: tuple[str, ...], form: str) -> None:
    """Show what a data set holds.

    Counts, sizes, fields, classes and their shares, mean and standard deviation of the
    pixels, duplicates. With --config, as the config limits and divides it.
    """
    evidence = open_evidence(chosen(path, config, overrides), tolerant=False)

    from shapenet.data.inspect.summary import summarize

    summary = summarize(evidence)
    if form == "json":
        click.echo(json.dumps(summary.to_json(), indent=2, ensure_ascii=False))
        return

    from shapenet.cli.render.console import show
    from shapenet.cli.render.data_info import info_view

    show(info_view(summary))
