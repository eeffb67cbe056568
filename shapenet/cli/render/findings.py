"""Findings of checks: one after another, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shapenet.cli.render.console import printable
from shapenet.data.inspect.finding import Finding, Severity, count_by_severity
from shapenet.words import counted

_STYLES: Mapping[Severity, str] = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.NOTE: "bold cyan",
    Severity.OK: "green",
}


def findings_view(title: Text, findings: Sequence[Finding], *, passed: bool) -> RenderableType:
    """The findings in columns that fold on a terminal, below a title and above the verdict.

    Args:
        title: What was checked.
        findings: What was found, the worst first.
        passed: Whether that is good enough.
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        style = _STYLES[finding.severity]
        dim = "dim" if finding.severity is Severity.OK else ""
        table.add_row(Text(finding.severity, style), Text(printable(finding.code), dim), _body(finding, dim))
    return Group(title, Text(), table, Text(), _verdict(findings, passed))


def _body(finding: Finding, style: str) -> RenderableType:
    lines: list[RenderableType] = [Text(printable(finding.message), style)]
    lines += [
        Padding(Text(printable(example), "dim", overflow="fold"), (0, 0, 0, 2), expand=False)
        for example in finding.examples
    ]
    if finding.hint:
        lines.append(Text.assemble(("help", "cyan"), f": {printable(finding.hint)}"))
    return Group(*lines)


def _verdict(findings: Sequence[Finding], passed: bool) -> Text:
    counts = count_by_severity(findings)
    found = [counted(counts[name], name) for name in ("error", "warning", "note") if counts[name]]
    text = f"{', '.join(found) or 'nothing wrong'}; {counts['ok']} of {counted(len(findings), 'finding')} ok"
    return Text.assemble(("passed" if passed else "failed", "bold green" if passed else "bold red"), f": {text}")
