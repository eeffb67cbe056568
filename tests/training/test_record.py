"""What a run writes about itself while the clock does as it likes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shapenet.rundir.manifest import read_manifest
from shapenet.runs.listing import list_runs, read_metrics, show_run
from shapenet.training import record

from .conftest import rows_without_times, train_in


class _Backwards(datetime):
    """A clock that goes back by a day at each look."""

    looks = 0

    @classmethod
    def now(cls, tz: object = None) -> _Backwards:
        cls.looks += 1
        return cls.fromtimestamp(datetime(2026, 1, 15, tzinfo=UTC).timestamp(), UTC) - timedelta(days=cls.looks)


def test_a_clock_that_jumps_back_changes_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = train_in(tmp_path / "undisturbed")
    seconds = iter(range(2_000_000_000, 0, -1000))
    monkeypatch.setattr(record, "datetime", _Backwards)
    monkeypatch.setattr(time, "time", lambda: float(next(seconds)))
    result = train_in(tmp_path / "disturbed")
    manifest = read_manifest(result.run.run_json)
    assert manifest.ended_at is not None
    assert manifest.ended_at < manifest.started_at
    assert rows_without_times(result) == rows_without_times(undisturbed)
    assert [row["epoch"] for row in read_metrics(result.run.metrics)] == [1, 2]
    assert all(row["seconds"] >= 0 for row in read_metrics(result.run.metrics))
    assert show_run(result.run).metrics
    assert [row.status for row in list_runs(tmp_path / "disturbed" / "runs")] == ["done"]
