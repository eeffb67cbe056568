"""Which data the commands that look at data take: a path, or what a config names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shapenet.cli.options import overrides_option

if TYPE_CHECKING:
    from shapenet.data.inspect.finding import Evidence
    from shapenet.data.inspect.subject import Subject
    from shapenet.experiment import Experiment
    from shapenet.training.reporter import Reporter


@dataclass(frozen=True)
class ConfigFile:
    """A config and changes of it.

    Attributes:
        path: The YAML file.
        overrides: ``KEY=VALUE`` texts.
    """

    path: Path
    overrides: tuple[str, ...]

    def load(self) -> Experiment:
        """The experiment.

        Raises:
            ConfigError: The config is wrong.
        """
        from shapenet.experiment import load_experiment

        return load_experiment(self.path, self.overrides)


def subject_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add PATH, --config and -o to a command."""
    command = overrides_option(command)
    command = click.option(
        "--config", type=click.Path(path_type=Path), help="Take the data that this YAML file names, instead of PATH."
    )(command)
    return click.argument("path", required=False, type=click.Path(path_type=Path))(command)


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format to a command."""
    return click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
        help="What to print.",
    )(command)  # fmt: skip


def chosen(path: Path | None, config: Path | None, overrides: tuple[str, ...]) -> Path | ConfigFile:
    """What the command line names.

    Raises:
        click.UsageError: Not exactly one of a path and a config, overrides without a config, or a
            config in the place of the path.
    """
    if config is not None and path is None:
        return ConfigFile(config, overrides)
    if path is None or config is not None:
        received = "neither" if path is None else "both"
        raise click.UsageError(f"expected either PATH or --config, received {received}")
    if overrides:
        raise click.UsageError("-o changes a config: expected --config, received PATH")
    if path.suffix in (".yaml", ".yml"):
        raise click.UsageError(f"expected data, received a config: give it as --config {path}")
    return path


def open_subject(named: Path | ConfigFile, reporter: Reporter, *, tolerant: bool = False) -> Subject:
    """The data that the command line names, packed.

    Args:
        named: A file or folder, or a config.
        reporter: Hears of packing.
        tolerant: Leave out what can't be read and note it, instead of raising.

    Raises:
        ShapenetError: The config is wrong, or the data can't be read.
    """
    from shapenet.training.inspected import subject_at, subject_of

    if isinstance(named, ConfigFile):
        return subject_of(named.load(), reporter, tolerant=tolerant)
    return subject_at(named, reporter, tolerant=tolerant)


def open_evidence(named: Path | ConfigFile, *, tolerant: bool) -> Evidence:
    """The data that the command line names, packed and measured; progress goes to stderr.

    Args:
        named: A file or folder, or a config.
        tolerant: Leave out what can't be read and note it, instead of raising.

    Raises:
        ShapenetError: The config is wrong, or the data can't be read.
    """
    from shapenet.cli.render.data_progress import DataReporter

    with DataReporter() as reporter:
        from shapenet.data.inspect.finding import gather

        subject = open_subject(named, reporter, tolerant=tolerant)
        return gather(subject, reporter.counting("measuring", sum(map(len, subject.splits.values()))))
