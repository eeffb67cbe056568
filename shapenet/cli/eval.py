"""The command ``shapenet eval``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.options import command_text, runs_dir_option, short_path

if TYPE_CHECKING:
    from shapenet.evaluation.evaluate import Evaluation


@click.command("eval")
@click.option("--run", help="The run: its directory, its id, or its name.  [default: the newest]")
@click.option(
    "--split", type=click.Choice(["test", "val", "train"]), default="test", show_default=True,
    help="Which part of the run's own data.",
)  # fmt: skip
@click.option(
    "--data", type=click.Path(path_type=Path), help="Other images and labels, instead of a split: a CSV, a folder, ..."
)
@click.option(
    "--trust", is_flag=True, help="Run the plug-ins that the run names, although you have not run them before."
)
@runs_dir_option
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="What to print."
)
def evaluate_run(run: str | None, split: str, data: Path | None, trust: bool, runs_dir: Path, form: str) -> None:
    """Evaluate the best model of a run.

    Prints loss, metrics, the figures of each class and the confusion matrix, and writes
    them with pictures and every prediction below the run's eval folder.
    """
    from shapenet.cli.render.progress import make_reporter

    with make_reporter(quiet=form == "json") as reporter:
        from shapenet.evaluation.evaluate import evaluate
        from shapenet.rundir.find import find_run

        found = find_run(run, runs_dir)
        reporter.status("evaluating")
        result = evaluate(found, split=split, data=data, reporter=reporter, trust=trust)
    if form == "json":
        click.echo(json.dumps(_as_json(result), indent=2, ensure_ascii=False))
    else:
        _show(result, runs_dir)


def _as_json(result: Evaluation) -> dict[str, object]:
    return {
        **result.to_json(),
        "folder": str(result.folder),
        "predictions": _predictions(result),
        "pictures": [str(path) for path in result.pictures],
        "warnings": list(result.warnings),
    }


def _predictions(result: Evaluation) -> object:
    """The file of predictions, or that of each of several tasks."""
    files = {name: str(path) for name, path in result.predictions.items()}
    return files.get("") if "" in result.reports else files


def _show(result: Evaluation, runs_dir: Path) -> None:
    from rich.text import Text

    from shapenet.cli.render.closing import show_closing
    from shapenet.cli.render.console import number, printable, show
    from shapenet.cli.render.report import reports_view
    from shapenet.words import counted

    epoch = f", weights of epoch {result.epoch}" if result.epoch is not None else ""
    figures = "  ".join(f"{printable(name)} {number(value)}" for name, value in result.figures.items())
    title = Text.assemble((printable(result.split), "bold"), f": {counted(result.num_examples, 'image')}{epoch}")
    show(title, Text(figures, "bold"), *reports_view(result.reports))
    run = result.run.root
    short = short_path(run, runs_dir)
    pictures = [str(_moved(path, run, short)) for path in result.pictures]
    predictions = [str(_moved(path, run, short)) for path in result.predictions.values()]
    facts = {"pictures": pictures, "predictions": predictions, "run": str(run)}
    show_closing(facts, {"TensorBoard": command_text("tensorboard", "--logdir", short)})


def _moved(path: Path, folder: Path, other: Path) -> Path:
    """`path` with `other` in the place of `folder` at its beginning."""
    return other / path.relative_to(folder) if path.is_relative_to(folder) else path
