"""Checks of what can be read."""

from __future__ import annotations

from collections.abc import Iterator

from shapenet.data.inspect.finding import MOST_EXAMPLES, Evidence, Finding, Severity
from shapenet.words import counted


def unreadable(evidence: Evidence) -> Iterator[Finding]:
    """Records that are missing or damaged."""
    subject = evidence.subject
    bad, total = len(subject.faults), subject.num_records
    numbers = {"unreadable": bad, "records": total}
    if not bad:
        yield Finding(Severity.OK, "data/unreadable", f"all {counted(total, 'image')} can be read", numbers)
        return
    yield Finding(
        Severity.ERROR,
        "data/unreadable",
        f"{bad:,} of {counted(total, 'image')} can't be read ({bad / total:.2%}); the others are checked below",
        numbers,
        subject.faults[:MOST_EXAMPLES],
        "mend or remove them, or leave them out with data.on_bad: skip",
    )


def undividable(evidence: Evidence) -> Iterator[Finding]:
    """What kept the data from being divided as the config asks."""
    for problem in evidence.subject.problems:
        message = f"{problem.place}: {problem.message}" if problem.place else problem.message
        yield Finding(Severity.ERROR, problem.code, f"{message}; data.source is checked whole", hint=problem.hint)


def reported(evidence: Evidence) -> Iterator[Finding]:
    """What the sources say themselves."""
    for warning in evidence.subject.warnings:
        yield Finding(Severity.NOTE, "data/source", warning)
