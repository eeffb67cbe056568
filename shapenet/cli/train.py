"""The command ``shapenet train``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shapenet.cli.options import command_text, overrides_option, runs_dir_option, short_path

if TYPE_CHECKING:
    from shapenet.experiment import Experiment
    from shapenet.training.fit import TrainingResult
    from shapenet.training.resume import Resumption
    from shapenet.training.verify import Verdict


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The YAML file; not with --resume RUN.")
@overrides_option
@click.option(
    "--resume", metavar="RUN",
    help="Go on in a run: its directory, its id, or its name. With --config, auto is the newest run of the very"
    " same config: it begins one if there is none, and does nothing if it is finished.",
)  # fmt: skip
@click.option(
    "--allow-changed", is_flag=True, help="Resume although config, versions, data or device differ; recorded."
)
@click.option("--trust", is_flag=True, help="Run the plug-ins that the run to resume names, though you never ran them.")
@click.option(
    "--verify-resume", is_flag=True,
    help="Train the config twice, killed and resumed the second time, and compare; nothing is kept.",
)  # fmt: skip
@click.option(
    "--limit-epochs", type=click.IntRange(min=1), help="With --verify-resume, so many epochs instead of the config's."
)
@runs_dir_option
@click.option("--quiet", is_flag=True, help="Print the run's directory and warnings only.")
@click.option("--fast-dev-run", is_flag=True, help="Try it: one epoch of four batches, of which nothing is kept.")
@click.pass_context
def train(context: click.Context, /, **options: Any) -> int:
    """Train the model that a config describes, or go on in a run.

    Everything about the run goes to a new directory: its configs, metrics, TensorBoard
    logs, and the best and last checkpoints. Ctrl-C saves the state before it ends. What was
    stopped, killed or lost its machine goes on with --resume, in place; where training is
    deterministic (on a CPU, by default) the numbers are those of a run that nobody disturbed.
    """
    _check_usage(context)
    config, runs_dir = options["config"], options["runs_dir"]
    if options["verify_resume"]:
        from shapenet.training.verify import verify_resume

        return _show(verify_resume(config, options["overrides"], limit_epochs=options["limit_epochs"], tell=click.echo))
    from shapenet.cli.render.progress import make_reporter

    with make_reporter(quiet=options["quiet"]) as reporter:
        from shapenet.training.fast import train_fast
        from shapenet.training.fit import train as fit

        command = ("shapenet", *sys.argv[1:])
        experiment, resumption = _experiment(**{name: options[name] for name in _WHAT})
        if experiment and options["fast_dev_run"]:
            result = train_fast(experiment, runs_dir, command, reporter)
        elif experiment:
            result = fit(experiment, runs_dir, command, reporter, resumption)
    if not experiment or (resumption and resumption.is_over):
        click.echo("the run is finished: nothing to do")
    elif options["fast_dev_run"]:
        _say_that_it_works(result)
    elif options["quiet"]:
        click.echo(result.run.root)
    else:
        _say_how_it_went(result, runs_dir)
    return 0


_WHAT = ("config", "overrides", "resume", "runs_dir", "allow_changed", "trust")


def _check_usage(context: click.Context) -> None:
    """Refuse options that don't go together."""
    given = {name for name, value in context.params.items() if value}
    is_auto = context.params["resume"] == "auto"
    if "config" not in given and ("resume" not in given or is_auto):
        option = next(parameter for parameter in context.command.params if parameter.name == "config")
        raise click.MissingParameter(ctx=context, param=option)
    if "config" in given and "resume" in given and not is_auto:
        raise click.UsageError("--resume RUN takes the run's own config: leave --config out, or give --resume auto")
    for name, other in (("allow_changed", "resume"), ("trust", "resume"), ("limit_epochs", "verify_resume")):
        if name in given and other not in given:
            raise click.UsageError(f"--{name.replace('_', '-')} does nothing without --{other.replace('_', '-')}")
    whole = {"resume": "--resume", "verify_resume": "--verify-resume", "fast_dev_run": "--fast-dev-run"}
    chosen = [option for name, option in whole.items() if name in given]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} don't go together: give one of them")


def _experiment(
    *,
    config: Path | None,
    overrides: tuple[str, ...],
    resume: str | None,
    runs_dir: Path,
    allow_changed: bool,
    trust: bool,
) -> tuple[Experiment | None, Resumption | None]:
    """What to train, and the run to go on in; nothing to train where the run is finished."""
    from shapenet.errors import DivergedError, Place
    from shapenet.experiment import load_experiment
    from shapenet.rundir.find import find_run
    from shapenet.rundir.manifest import read_manifest
    from shapenet.training.resume import newest_like, resume_run

    if config:
        experiment = load_experiment(config, overrides)
        run = newest_like(experiment, runs_dir) if resume else None
        if run is None:
            return experiment, None
        overrides, trust = (), True  # the same config has just been loaded
    else:
        run = find_run(resume, runs_dir)
    status = read_manifest(run.run_json).status
    if config and status == "diverged":
        message = "the newest run of this config diverged, and would do so again"
        hint = "change the config; --resume RUN tries again all the same"
        raise DivergedError("training/diverged", message, place=Place(str(run.root)), hint=hint)
    resumption = resume_run(run, overrides, allow_changed=allow_changed, trust=trust)
    is_finished = status == "done" and not resumption.changes
    return None if is_finished else resumption.experiment, resumption


def _show(verdict: Verdict) -> int:
    """Print a verdict; returns the exit code."""
    for line in verdict.lines:
        click.echo(line)
    return 0 if verdict.equal else 1


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
