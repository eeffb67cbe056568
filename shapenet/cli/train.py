"""The command ``shapenet train``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.options import command_text, overrides_option, runs_dir_option, short_path

if TYPE_CHECKING:
    from shapenet.training.fit import TrainingResult


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The YAML file.")
@overrides_option
@runs_dir_option
@click.option("--quiet", is_flag=True, help="Print the run's directory and warnings only.")
def train(config: Path, overrides: tuple[str, ...], runs_dir: Path, quiet: bool) -> None:
    """Train the model that a config describes.

    Everything about the run goes to a new directory: its configs, metrics, TensorBoard
    logs, and the best and last checkpoints. Ctrl-C saves the state before it ends.
    """
    from shapenet.cli.render.progress import make_reporter

    with make_reporter(quiet=quiet) as reporter:
        from shapenet.experiment import load_experiment
        from shapenet.training.fit import train as fit

        experiment = load_experiment(config, overrides)
        result = fit(experiment, runs_dir, ("shapenet", *sys.argv[1:]), reporter)
    if quiet:
        click.echo(result.run.root)
    else:
        _say_how_it_went(result, runs_dir)


def _say_how_it_went(result: TrainingResult, runs_dir: Path) -> None:
    from shapenet.cli.render.closing import show_closing
    from shapenet.cli.render.console import number, printable
    from shapenet.cli.render.pace import duration
    from shapenet.words import counted

    run, best = result.run, result.manifest.best
    epochs = counted(result.manifest.epochs_done, "epoch")
    early = ", stopped early" if result.stopped_early else ""
    facts = {"trained": f"{epochs} in {duration(result.seconds)}{early}"}
    if best is not None:
        others = [(name, value) for name, value in best.metrics.items() if name.startswith("val_")]
        shown = dict([(best.monitor, best.value), *others])
        figures = ", ".join(f"{printable(name)} {number(value)}" for name, value in shown.items())
        facts["best"] = f"epoch {best.epoch}: {figures}"
    facts["run"] = str(run.root)
    path = short_path(run.root, runs_dir)
    commands = {
        "evaluate": command_text("shapenet", "eval", "--run", path),
        "TensorBoard": command_text("tensorboard", "--logdir", path),
    }
    show_closing(facts, commands)
