"""Faults that are planted: that they can be, and a sample of what ``make chaos-planted`` does in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.checks import CHECKS
from tests.chaos.disturb import MODES
from tests.chaos.faults import FAULTS
from tests.chaos.fork_server import REPOSITORY
from tests.chaos.kill import Harness
from tests.chaos.planted import catch, planted
from tests.chaos.variants import VARIANTS


def test_every_fault_can_be_planted(tmp_path: Path) -> None:
    copies = {path: path.read_text() for path in {REPOSITORY / "shapenet" / fault.file for fault in FAULTS}}
    wrong = [fault.name for fault in FAULTS if copies[REPOSITORY / "shapenet" / fault.file].count(fault.old) != 1]
    assert wrong == []
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 30
    copy = planted(FAULTS[0], tmp_path) / "shapenet" / FAULTS[0].file
    assert FAULTS[0].old not in copy.read_text()


def test_every_fault_has_its_harness() -> None:
    for fault in FAULTS:
        name, *arguments = fault.caught_by.split()
        known = {"kill": (MODES, VARIANTS), "check": (CHECKS,), "calls": (), "power": ()}[name]
        assert len(arguments) == len(known)
        assert all(argument in names for argument, names in zip(arguments, known, strict=True))


@pytest.mark.parametrize("name", ["metrics.jsonl is not cut back", "the lock is not taken"])
def test_a_fault_is_caught(killer: Harness, name: str) -> None:
    assert catch(next(fault for fault in FAULTS if fault.name == name), killer)


@pytest.mark.parametrize("name", ["damaged", "locked"])
def test_without_a_fault_nothing_is_found(killer: Harness, name: str) -> None:
    assert CHECKS[name](killer) is None
