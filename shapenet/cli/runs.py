"""The commands `shapenet runs ...`: list the runs, show one, tidy up."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from shapenet.cli.options import runs_dir_option
from shapenet.rundir.status import RowStatus

_format_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="What to print."
)


@click.group()
def runs() -> None:
    """Look at runs."""


@runs.command("list")
@runs_dir_option
@click.option("--project", help="List this project's runs only.")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(get_args(RowStatus)),
    multiple=True,
    help="List runs of this status only; may be given several times. A dead run says that it is"
    " running, but its process is gone; a damaged one has an unreadable run.json.",
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="List so many runs at most; 0 for all."
)
@_format_option
def list_command(runs_dir: Path, project: str | None, statuses: tuple[str, ...], limit: int, form: str) -> None:
    """List runs, the newest first."""
    from shapenet.cli.render.console import is_terminal, show
    from shapenet.runs.listing import list_runs

    rows = list_runs(runs_dir, project=project, statuses=statuses)
    shown = rows[: limit or None]
    if form == "json":
        _echo_json([row.to_json() for row in shown])
        return
    if not rows:
        chosen = " like that" if project or statuses else ""
        click.echo(f"no runs{chosen} in {runs_dir}; one begins with: shapenet train --config CONFIG", err=True)
        return
    from shapenet.cli.render.runs import runs_table

    show(runs_table(shown, grouped=is_terminal()))
    if is_terminal() and len(shown) < len(rows):
        click.secho(f"\nthe newest {len(shown):,} of {len(rows):,} runs; --limit 0 lists them all", dim=True)


@runs.command("show")
@click.argument("run", required=False)
@runs_dir_option
@_format_option
def show_command(run: str | None, runs_dir: Path, form: str) -> None:
    """Show what is known about RUN.

    RUN is a path to a run's directory, its id, the beginning of its id, or its
    experiment's name if no other run has it. The newest run is the default.
    """
    from shapenet.rundir.find import find_run
    from shapenet.runs.listing import show_run

    details = show_run(find_run(run, runs_dir))
    if form == "json":
        _echo_json(details.to_json())
        return
    from shapenet.cli.render.console import show
    from shapenet.cli.render.runs import run_view

    show(run_view(details))


@runs.command("gc")
@runs_dir_option
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
def gc_command(runs_dir: Path, dry_run: bool) -> None:
    """Remove what killed processes left behind.

    That is temporary files, checkpoints that are neither the best nor needed to go on, and
    runs that were killed before they had saved anything. Runs at work are passed over, links
    are not followed, and what shapenet did not write stays.
    """
    from shapenet.cli.render.console import printable
    from shapenet.cli.render.layers import readable_bytes
    from shapenet.runs.gc import collect_garbage
    from shapenet.words import counted

    found = collect_garbage(runs_dir, dry_run=dry_run)
    for reason in dict.fromkeys(leftover.reason for leftover in found):
        click.echo(f"{reason}:")
        for leftover in found:
            if leftover.reason == reason:
                click.echo(f"{readable_bytes(leftover.num_bytes):>10}  {printable(leftover.path)}")
    size = readable_bytes(sum(leftover.num_bytes for leftover in found))
    done = "to remove" if dry_run else "removed"
    click.echo(f"{counted(len(found), 'leftover')}, {size}, {done}" if found else "nothing to remove")


def _echo_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
