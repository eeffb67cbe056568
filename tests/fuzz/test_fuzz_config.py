"""A sample of the fuzzing that ``make chaos-config`` does in full; a failure names the case's number."""

from __future__ import annotations

import pytest

from tests.fuzz import run


@pytest.mark.parametrize(("kind", "num"), [("config", 500), ("config_cli", 4)])
def test_any_config_is_an_experiment_or_errors_with_their_places(kind: str, num: int) -> None:
    assert run.findings(kind, 0, num) == []
