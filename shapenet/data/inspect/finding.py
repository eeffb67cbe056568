"""What a check finds, and what it has to go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from shapenet.data.inspect.measure import Advance, Measures, measure
from shapenet.data.inspect.subject import ALL, Subject

MOST_EXAMPLES = 10
"""How many names a finding lists at most."""


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    ERROR = "error"
    """Training on this data goes wrong, or its evaluation misleads."""
    WARNING = "warning"
    """It may."""
    NOTE = "note"
    """Worth knowing."""
    OK = "ok"
    """Looked for and not found."""


@dataclass(frozen=True)
class Finding:
    """One thing that a check found, or that it looked for in vain.

    Attributes:
        severity: How bad it is.
        code: What kind of finding, as ``data/imbalance``.
        message: What was found, with its figures.
        numbers: The figures by name.
        examples: Names of records or classes, at most `MOST_EXAMPLES`.
        hint: How to put it right.
    """

    severity: Severity
    code: str
    message: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    hint: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON holds it."""
        return {
            "severity": str(self.severity),
            "code": self.code,
            "message": self.message,
            "numbers": dict(self.numbers),
            "examples": list(self.examples),
            "help": self.hint,
        }


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each severity, worst first."""
    received = [finding.severity for finding in findings]
    return {str(severity): received.count(severity) for severity in Severity}


def passes(findings: Iterable[Finding], *, strict: bool) -> bool:
    """Whether there is no error, and where it is strict no warning either."""
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return not any(finding.severity in failing for finding in findings)


@runtime_checkable
class HasFileSizes(Protocol):
    """Records that are files of their own."""

    def file_bytes(self) -> npt.NDArray[np.int64]:
        """Size of each record's file in bytes, int64 ``(records,)``."""
        ...


@dataclass(frozen=True)
class Evidence:
    """A data set with the measures of each split.

    Attributes:
        subject: The data set.
        measures: Of every split, by its name.
    """

    subject: Subject
    measures: Mapping[str, Measures]

    @property
    def reference(self) -> str:
        """The split that is learnt from: ``train``, or the one there is."""
        return ALL if ALL in self.measures else "train"

    @cached_property
    def counts(self) -> Mapping[str, npt.NDArray[np.int64]]:
        """Images of each class in each split, int64 ``(classes,)``; of no length where there are no labels."""
        length = len(self.subject.classes)
        return {
            name: np.bincount(measures.labels, minlength=length)[:length] for name, measures in self.measures.items()
        }

    def names(self, split: str, positions: Iterable[int]) -> tuple[str, ...]:
        """What the first few of some records are called."""
        return tuple(self.subject.name(split, int(position)) for position in islice(positions, MOST_EXAMPLES))

    def file_bytes(self, split: str) -> npt.NDArray[np.int64] | None:
        """Sizes in bytes of a split's files; None if its records are not files."""
        records = self.subject.records[split]
        return records.file_bytes()[self.subject.splits[split].indices] if isinstance(records, HasFileSizes) else None


Check = Callable[[Evidence], Iterable[Finding]]
"""One look at the evidence; yields what it found, or one finding that all is well."""


def gather(subject: Subject, advance: Advance = lambda count: None) -> Evidence:
    """Measure every split.

    Args:
        subject: The data set.
        advance: Hears of progress.
    """
    return Evidence(subject, {name: measure(split, advance) for name, split in subject.splits.items()})


def listed(names: Sequence[str], most: int = 5) -> str:
    """Some names in a sentence, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")
