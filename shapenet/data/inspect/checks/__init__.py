"""All checks of a data set, each one a function, in the order of the report."""

from __future__ import annotations

from shapenet.data.inspect.checks import duplicates, files, labels, leaks, pixels, splits
from shapenet.data.inspect.finding import Check, Evidence, Finding, Severity

CHECKS: tuple[Check, ...] = (
    files.undividable,
    files.unreadable,
    files.reported,
    duplicates.exact,
    duplicates.conflicting,
    duplicates.near,
    labels.imbalance,
    labels.few,
    labels.class_names,
    splits.split_sizes,
    splits.shares,
    leaks.brightness,
    leaks.image_size,
    leaks.file_size,
    pixels.not_finite,
    pixels.flat,
    pixels.gray,
    pixels.sizes,
)
"""A new check is one function of `Evidence` and one line here."""


def run_checks(evidence: Evidence) -> list[Finding]:
    """Everything that the checks find, the worst first, each severity in the order of `CHECKS`."""
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    findings = [finding for check in CHECKS for finding in check(evidence)]
    return sorted(findings, key=lambda finding: ranks[finding.severity])
