"""The command ``shapenet data check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shapenet.cli.data_subject import chosen, format_option, open_evidence, subject_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapenet.data.inspect.finding import Evidence, Finding


@click.command("check")
@subject_options
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@format_option
@click.pass_context
def check(
    context: click.Context, path: Path | None, config: Path | None, overrides: tuple[str, ...], strict: bool, form: str
) -> None:
    """Look for what is wrong with a data set.

    Damaged files, duplicates, labels that contradict each other, classes out of balance,
    splits that differ or overlap, and more. Exits with 0 if there is no error (with
    --strict: no warning either), else with 1.
    """
    evidence = open_evidence(chosen(path, config, overrides), tolerant=True)

    from shapenet.cli.render.progress import waiting
    from shapenet.data.inspect.checks import run_checks
    from shapenet.data.inspect.finding import passes

    with waiting("checking"):
        findings = run_checks(evidence)
    passed = passes(findings, strict=strict)
    if form == "json":
        click.echo(json.dumps(_as_json(evidence, findings, passed), indent=2, ensure_ascii=False))
    else:
        from shapenet.cli.render.console import show
        from shapenet.cli.render.data_check import check_view

        show(check_view(evidence, findings, passed=passed))
    context.exit(0 if passed else 1)


def _as_json(evidence: Evidence, findings: Sequence[Finding], passed: bool) -> dict[str, Any]:
    from shapenet.data.inspect.finding import count_by_severity

    subject = evidence.subject
    return {
        "described": subject.described,
        "num_images": subject.num_records,
        "splits": {name: len(split) for name, split in subject.splits.items()} if subject.is_divided else {},
        "passed": passed,
        "counts": count_by_severity(findings),
        "findings": [finding.to_json() for finding in findings],
    }
