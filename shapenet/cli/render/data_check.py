"""The report of a check of a data set."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from shapenet.cli.render.console import printable
from shapenet.cli.render.data_facts import splits_text
from shapenet.cli.render.findings import findings_view
from shapenet.data.inspect.finding import Evidence, Finding
from shapenet.words import counted


def check_view(evidence: Evidence, findings: Sequence[Finding], *, passed: bool) -> RenderableType:
    """The findings below a title and above the verdict.

    Args:
        evidence: What was checked.
        findings: What was found, the worst first.
        passed: Whether that is good enough.
    """
    subject = evidence.subject
    title = Text.assemble((printable(subject.described), "bold"), f": {counted(subject.num_records, 'image')}")
    if subject.is_divided:
        title.append(f"; {splits_text({name: len(split) for name, split in subject.splits.items()})}")
    return findings_view(title, findings, passed=passed)
