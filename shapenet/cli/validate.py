"""The command ``shapenet validate``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shapenet.cli.options import overrides_option
from shapenet.errors import ShapenetError

if TYPE_CHECKING:
    from shapenet.config.schema import ExperimentConfig
    from shapenet.experiment import Experiment
    from shapenet.training.build import Compiled


@click.command()
@click.option(
    "--config", "paths", required=True, multiple=True, type=click.Path(path_type=Path),
    help="The YAML file; may be repeated.",
)  # fmt: skip
@overrides_option
@click.option("--build", is_flag=True, help="Build the models too and show their layers; this reads the data's form.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)
@click.pass_context
def validate(
    context: click.Context, paths: tuple[Path, ...], overrides: tuple[str, ...], build: bool, form: str
) -> None:
    """Check configs without training.

    Names every error of every file at once: where it stands, what was expected and what
    was received.
    """
    checked = [_check(path, overrides, build) for path in paths]
    errors = [outcome for outcome in checked if isinstance(outcome, ShapenetError)]
    if form == "json":
        click.echo(json.dumps(_as_json(paths, checked), indent=2, ensure_ascii=False))
        context.exit(errors[0].exit_code if errors else 0)
    for path, outcome in zip(paths, checked, strict=True):
        if not isinstance(outcome, ShapenetError):
            _show(path, *outcome)
    if errors:
        # An override that is wrong is wrong for every config.
        raise errors[0].replacing(dict.fromkeys(problem for error in errors for problem in error.problems))


def _check(path: Path, overrides: Sequence[str], build: bool) -> tuple[Experiment, Compiled | None] | ShapenetError:
    """The experiment and its compiled model, if one is to be built; or what is wrong."""
    from shapenet.experiment import load_experiment
    from shapenet.training.check import check_experiment

    try:
        experiment = load_experiment(path, overrides)
        check_experiment(experiment)
        return experiment, _built(experiment) if build else None
    except ShapenetError as error:
        return error


def _built(experiment: Experiment) -> Compiled:
    from shapenet.cli.render.progress import waiting

    with waiting("building the model"):
        from shapenet.training.build import build_for_inspection

        return build_for_inspection(experiment)


def summary(config: ExperimentConfig) -> dict[str, Any]:
    """What an experiment is, in a few values."""
    from shapenet.models.names import num_layers
    from shapenet.training.names import task_text

    return {
        "name": config.name,
        "project": config.project,
        "task": task_text(config),
        "source": config.data.source.name,
        "num_layers": num_layers(config.model.layers),
        "optimizer": config.optimizer.name,
        "epochs": config.training.epochs,
    }


def _show(path: Path, experiment: Experiment, compiled: Compiled | None) -> None:
    from shapenet.words import counted

    values = summary(experiment.config)
    layers, epochs = counted(values["num_layers"], "layer"), counted(values["epochs"], "epoch")
    ok = click.style("ok", fg="green")
    click.echo(f"{ok}: {path}: {values['name']}")
    click.echo(f"  {values['task']} of {values['source']}, {layers}, {values['optimizer']}, at most {epochs}")
    if compiled is not None:
        from shapenet.cli.render.console import show
        from shapenet.cli.render.layers import layers_table
        from shapenet.cli.render.progress import CommandReporter
        from shapenet.models.summary import layer_rows

        click.echo()
        show(layers_table(layer_rows(compiled.model), experiment.config.training.batch_size))
        for warning in compiled.warnings:
            file = "" if warning.place and warning.place.line else f"{path}: "
            CommandReporter().warning(file + warning.line)


def _as_json(
    paths: Sequence[Path], checked: Sequence[tuple[Experiment, Compiled | None] | ShapenetError]
) -> list[dict[str, Any]]:
    from shapenet.cli.errors import problem_json

    return [
        {"config": str(path), "ok": False, "errors": [problem_json(problem) for problem in outcome.problems]}
        if isinstance(outcome, ShapenetError)
        else {"config": str(path), "ok": True, **summary(outcome[0].config), **_layers_json(*outcome)}
        for path, outcome in zip(paths, checked, strict=True)
    ]


def _layers_json(experiment: Experiment, compiled: Compiled | None) -> dict[str, Any]:
    if compiled is None:
        return {}
    from shapenet.cli.errors import problem_json
    from shapenet.models.summary import activation_bytes, layer_rows

    rows = layer_rows(compiled.model)
    batch_size = experiment.config.training.batch_size
    return {
        "layers": [vars(row) for row in rows],
        "num_parameters": sum(row.num_parameters for row in rows),
        "num_trainable": sum(row.num_trainable for row in rows),
        "batch_size": batch_size,
        "activation_bytes_per_batch": activation_bytes(rows, batch_size),
        "warnings": [problem_json(warning) for warning in compiled.warnings],
    }
