"""The model of a disk that loses its power, and a sample of what ``make chaos-power`` does in full."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos.kill import Harness
from tests.chaos.power_loss import Call, Disk, careless, finding, recorded

ROOT = Path("/root")
SAFE = [
    Call("open", "/root/.tmp", "creat"), Call("write", "/root/.tmp", ""), Call("fsync", "/root/.tmp", "0"),
    Call("rename", "/root/file", "/root/.tmp"), Call("fsync", "/root", "-1"),
]  # fmt: skip


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    (tmp_path / "0").write_text("whole")
    return tmp_path


def states(calls: list[Call], snapshots: Path) -> set[tuple[tuple[str, str], ...]]:
    """What the disk may hold after the calls, as names and contents."""
    disk = Disk(ROOT, snapshots)
    for call in calls:
        disk.apply(call)
    found = set()
    for number in range(40):
        target = snapshots / f"after-{number}"
        disk.lose(target, random.Random(number))
        found.add(tuple(sorted((path.name, path.read_text()) for path in target.iterdir())))
    return found


def test_what_was_synced_before_and_after_its_rename_is_there(snapshots: Path) -> None:
    assert states(SAFE, snapshots) == {(("file", "whole"),)}
    assert list(careless(SAFE, ROOT, snapshots, "/root")) == []


def test_a_rename_may_get_lost_and_may_not(snapshots: Path) -> None:
    assert states(SAFE[:-1], snapshots) == {(), ((".tmp", "whole"),), (("file", "whole"),)}


def test_content_that_was_not_synced_is_lost(snapshots: Path) -> None:
    calls = [call for call in SAFE if call.other != "0"]
    assert (("file", ""),) in states(calls, snapshots)
    assert list(careless(calls, ROOT, snapshots, "/root")) == ["renamed to /root/file without an fsync of .tmp"]


def test_a_folder_that_is_not_synced_after_a_rename_is_told(snapshots: Path) -> None:
    again = [*SAFE[:-1], *SAFE]
    assert "before the next one: /root/file" in next(careless(again, ROOT, snapshots, "/root"))
    assert "never synced: /root/file" in next(careless(SAFE[:-1], ROOT, snapshots, "/root"))


def test_a_training_goes_on_after_a_loss(killer: Harness, tmp_path: Path) -> None:
    run = recorded(killer, tmp_path, "mlp")
    assert list(careless(run.calls, run.root, run.record, "/runs/")) == []
    assert finding(killer, run, "mlp", random.Random(4)) is None
