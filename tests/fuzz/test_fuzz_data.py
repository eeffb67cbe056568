"""A sample of the fuzzing that ``make fuzz-data`` does in full; a failure names the case's number."""

from __future__ import annotations

import pytest

from tests.fuzz import run


@pytest.mark.parametrize(("kind", "num"), [("image", 1000), ("csv", 300)])
def test_damaged_files_give_data_errors_only(kind, num):
    assert run.findings(kind, 0, num) == []


def test_crashes_hangs_and_exceptions_are_found(monkeypatch):
    monkeypatch.setattr(run, "LIMIT_SECONDS", 0.5)
    crash, hang, exception = run.findings("faulty", 0, 5, module="tests.fuzz.faulty_cases")
    assert crash == "faulty 1: the process ended with -11"
    assert hang == "faulty 2: took longer than 0.5 s"
    assert exception.startswith("faulty 3: Traceback")
    assert "ZeroDivisionError: found" in exception
