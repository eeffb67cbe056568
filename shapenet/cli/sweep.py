"""The command ``shapenet sweep``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.options import command_text, overrides_option, runs_dir_option

if TYPE_CHECKING:
    from shapenet.sweeps.study import Study


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The sweep file.")
@overrides_option
@runs_dir_option
@click.option(
    "--sweeps-dir", type=click.Path(path_type=Path, file_okay=False), default=Path("sweeps"), show_default=True,
    help="Folder of all sweeps.",
)  # fmt: skip
@click.option("--new", is_flag=True, help="Begin a new sweep although the last one of this name is not finished.")
@click.option("--dry-run", is_flag=True, help="Check and list the trials without training.")
def sweep(config: Path, overrides: tuple[str, ...], runs_dir: Path, sweeps_dir: Path, new: bool, dry_run: bool) -> None:
    """Train every trial of a sweep.

    A sweep file names a base experiment and a grid of values over its keys; each
    combination becomes an ordinary run. All trials are checked before the first one
    begins, and a trial that fails does not end the others. A sweep that was stopped or
    killed goes on where it was when the same command is run again.
    """
    from shapenet.cli.render.console import show
    from shapenet.cli.render.sweep import SweepLines, leaderboard_table, trials_table
    from shapenet.sweeps.config import load_sweep

    loaded = load_sweep(config, overrides)
    if dry_run:
        show(trials_table(loaded.trials))
        return
    from shapenet.sweeps.reopen import opened_study
    from shapenet.sweeps.run import run_sweep

    command = ("shapenet", *sys.argv[1:])
    with opened_study(loaded, sweeps_dir, new=new) as study:
        if study.goes_on:
            click.echo(f"goes on in {study.folder}: {len(study.results)} of {len(loaded.trials)} trials have ended")
        try:
            run_sweep(loaded, study, runs_dir, command, SweepLines(loaded.trials))
        finally:
            if study.results:
                click.echo()
                show(leaderboard_table(study.standings(), study.objective or "objective"))
    _say_what_there_is(study)


def _say_what_there_is(study: Study) -> None:
    from shapenet.cli.render.closing import show_closing

    facts = {"leaderboard": str(study.folder / "leaderboard.csv"), "best config": str(study.folder / "best.yaml")}
    best = study.best.result.run if study.best else None
    show_closing(facts, {"evaluate": command_text("shapenet", "eval", "--run", best)} if best else {})
