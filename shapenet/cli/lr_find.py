"""The command ``shapenet lr-find``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.options import command_text, overrides_option, runs_dir_option

if TYPE_CHECKING:
    from shapenet.training.lr_range import RateSweep

_RATE = click.FloatRange(min=0, min_open=True)


@click.command("lr-find")
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The YAML file.")
@overrides_option
@click.option("--from", "lowest", type=_RATE, default=1e-6, show_default=True, help="The first rate.")
@click.option("--to", "highest", type=_RATE, default=10.0, show_default=True, help="The last rate.")
@click.option(
    "--steps", "num_steps", type=click.IntRange(min=20), default=100, show_default=True, help="How many rates to try."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("lr-find"), show_default=True,
    help="Folder for rates.csv and rates.png.",
)  # fmt: skip
@runs_dir_option
def lr_find(
    config: Path, overrides: tuple[str, ...], lowest: float, highest: float, num_steps: int, out: Path, runs_dir: Path
) -> None:
    """Find a learning rate for a config.

    Trains from the first weights while the rate rises from step to step, until the loss
    grows beyond bounds (Smith, 2017), and suggests the rate at which the loss fell
    fastest. It leaves no run: only a table and a picture.
    """
    if lowest >= highest:
        raise click.BadParameter(f"expected a rate below --to {highest:g}", param_hint="'--from'")
    from shapenet.cli.render.progress import make_reporter

    with make_reporter() as reporter:
        from shapenet.experiment import load_experiment
        from shapenet.training.lr_find import RateOptions, find_learning_rate, write_sweep

        experiment = load_experiment(config, overrides)
        options = RateOptions(lowest, highest, num_steps)
        sweep = find_learning_rate(
            experiment, runs_dir, options, reporter, on_step=lambda done: reporter.status(f"rate {done} of {num_steps}")
        )
        files = write_sweep(out, sweep, experiment.config.name)
    _say_what_was_found(sweep, config, experiment.config.optimizer.name, files)


def _say_what_was_found(sweep: RateSweep, config: Path, optimizer: str, files: tuple[Path, Path]) -> None:
    from shapenet.cli.render.closing import show_closing
    from shapenet.words import counted

    steps, last = counted(len(sweep.points), "step"), sweep.points[-1].learning_rate
    end = f"stopped after {last:.2g}: the loss diverged" if sweep.diverged else f"reached {last:.2g}"
    facts: dict[str, str | list[str]] = {"tried": f"{steps} from {sweep.points[0].learning_rate:.2g}, {end}"}
    commands = {}
    if (steepest := sweep.steepest) is None:
        facts["suggestion"] = "none: the loss did not fall at any rate"
    else:
        facts["suggestion"] = f"{steepest:.2g}, where the loss fell fastest"
        override = f"optimizer.{optimizer}.learning_rate={steepest:.2g}"
        facts["least loss"] = f"at {sweep.least_loss_at:.2g}; training at this rate and above is about to diverge"
        commands["train"] = command_text("shapenet", "train", "--config", config, "-o", override)
    facts["files"] = [str(file) for file in files]
    show_closing(facts, commands)
