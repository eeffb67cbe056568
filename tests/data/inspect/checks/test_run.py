"""All checks together."""

import pytest

from shapenet.data.inspect.checks import CHECKS, run_checks
from shapenet.data.inspect.finding import Finding, Severity, count_by_severity, passes
from tests.data.inspect.conftest import ImageRecords


def test_findings_come_worst_first(evidence, noise):
    images = noise.copy()
    images[0], images[1] = 9, images[2]
    findings = run_checks(evidence(ImageRecords(images, [0, 1] * 100)))
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, key=list(Severity).index)
    assert {finding.code for finding in findings if finding.severity is not Severity.OK} == {
        "data/conflict", "data/duplicate", "data/flat",
    }  # fmt: skip


def test_every_check_says_what_it_looks_for():
    assert all(check.__doc__ for check in CHECKS)
    assert len(set(CHECKS)) == len(CHECKS)


@pytest.mark.parametrize(
    ("severity", "lenient", "strict"), [("error", False, False), ("warning", True, False), ("note", True, True)]
)
def test_what_passes(severity, lenient, strict):
    findings = [Finding(Severity.OK, "data/x", ""), Finding(Severity(severity), "data/y", "")]
    assert (passes(findings, strict=False), passes(findings, strict=True)) == (lenient, strict)
    assert count_by_severity(findings) == {"error": 0, "warning": 0, "note": 0, "ok": 1, severity: 1}
