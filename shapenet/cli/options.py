"""Options that several commands share, and how they name programs to the user."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

overrides_option = click.option(
    "-o", "--override", "overrides", metavar="KEY=VALUE", multiple=True,
    help="Change a value of the config, as in -o optimizer.Adam.learning_rate=3e-4; may be repeated.",
)  # fmt: skip
runs_dir_option = click.option(
    "--runs-dir", type=click.Path(path_type=Path, file_okay=False), default=Path("runs"), show_default=True,
    help="Folder of all runs.",
)  # fmt: skip


def wants_colour() -> bool:
    """Whether a terminal may get colour: NO_COLOR is not set, and it is not a dumb one."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def command_text(program: str, *arguments: object) -> str:
    """A command that the user can copy into a shell.

    Args:
        program: A program that is installed with shapenet; written with its folder where
            the shell would not find it.
        *arguments: Its arguments, quoted where need be.
    """
    return shlex.join([_found(program), *map(str, arguments)])


def _found(program: str) -> str:
    beside = Path(sys.executable).parent / program
    if shutil.which(program) or not beside.exists():
        return program
    here = Path.cwd()
    return os.path.relpath(beside, here) if beside.is_relative_to(here) else str(beside)


def short_path(run: Path, runs_dir: Path) -> Path:
    """The link to the newest run if it points at `run`, for that is shorter; else `run`."""
    latest = runs_dir / "latest"
    return latest if latest.resolve() == run.resolve() else run
