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
@click.option("--fast-dev-run", is_flag=True, help="Try it: one epoch of four batches, of which nothing is kept.")
def train(config: Path, overrides: tuple[str, ...], runs_dir: Path, quiet: bool, fast_dev_run: bool) -> None:
    """Train the model that a config describes.

    Everything about the run goes to a new directory: its configs, metrics, TensorBoard
    logs, and the best and last checkpoints. Ctrl-C saves the state before it ends.
    """
    from shapenet.cli.render.progress import make_reporter

    with make_reporter(quiet=quiet) as reporter:
        from shapenet.experiment import load_experiment
        from shapenet.training.fast import train_fast
        from shapenet.training.fit import train as fit

        experiment = load_experiment(config, overrides)
        how = train_fast if fast_dev_run else fit
        result = how(experiment, runs_dir, ("shapenet", *sys.argv[1:]), reporter)
    if fast_dev_run:
        _say_that_it_works(result)
    elif quiet:
        click.echo(result.run.root)
    else:
        _say_how_it_went(result, runs_dir)


def _say_that_it_works(result: TrainingResult) -> None:
    from shapenet.cli.render.pace import duration
    from shapenet.training.fast import NUM_BATCHES

    batches = f"{NUM_BATCHES} batches of train and of val"
    click.echo(
        f"\n{click.style('ok', fg='green')}: {batches} went through in {duration(result.seconds)}; nothing is kept"
    )


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
