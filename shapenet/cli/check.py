"""The command ``shapenet check``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shapenet.cli.data_subject import format_option
from shapenet.cli.options import overrides_option, runs_dir_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapenet.checks.bench import Bench
    from shapenet.data.inspect.finding import Finding


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The YAML file.")
@overrides_option
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=60, show_default=True,
    help="The most time for all short trainings together.",
)  # fmt: skip
@runs_dir_option
@format_option
@click.pass_context
def check(
    context: click.Context, config: Path, overrides: tuple[str, ...], seconds: float, runs_dir: Path, form: str
) -> None:
    """Check that a config can learn, before it trains for long.

    Looks at the first loss, at the gradients of every layer, at what the first layer
    sees; learns one batch by heart, learns shuffled targets, and looks at augmented
    images. It leaves no run. Exits with 0 if there is no error, else with 1.
    """
    from shapenet.cli.render.data_progress import DataReporter

    began = time.monotonic()
    with DataReporter() as reporter:
        from shapenet.checks.bench import open_bench
        from shapenet.checks.run import NUM_TRAININGS, run_checks
        from shapenet.data.inspect.finding import passes
        from shapenet.experiment import load_experiment

        reporter.status("opening the data")
        bench = open_bench(load_experiment(config, overrides), runs_dir, seconds / NUM_TRAININGS, reporter)
        findings = run_checks(bench, lambda what: reporter.status(f"checking: {what}"))
    passed = passes(findings, strict=False)
    if form == "json":
        click.echo(json.dumps(_as_json(bench, config, findings, passed), indent=2, ensure_ascii=False))
    else:
        _show(bench, config, findings, passed=passed, seconds=time.monotonic() - began)
    context.exit(0 if passed else 1)


def _show(bench: Bench, config: Path, findings: Sequence[Finding], *, passed: bool, seconds: float) -> None:
    from rich.text import Text

    from shapenet.cli.render.console import printable, show
    from shapenet.cli.render.findings import findings_view
    from shapenet.cli.render.pace import duration

    num_images, total = len(bench.examples), len(bench.train)
    title = Text.assemble(
        (printable(config), "bold"), f": {num_images:,} of {total:,} training images, {duration(seconds)}"
    )
    show(findings_view(title, findings, passed=passed))


def _as_json(bench: Bench, config: Path, findings: Sequence[Finding], passed: bool) -> dict[str, Any]:
    from shapenet.data.inspect.finding import count_by_severity

    return {
        "config": str(config),
        "name": bench.experiment.config.name,
        "num_images": len(bench.examples),
        "passed": passed,
        "counts": count_by_severity(findings),
        "findings": [finding.to_json() for finding in findings],
    }
