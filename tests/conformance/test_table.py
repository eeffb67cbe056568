"""The tables of the suite name what there is, and each excuse has its reason."""

from __future__ import annotations

import pytest

from shapenet.registry import REGISTRIES
from tests.conformance import table

TABLES = sorted(set(REGISTRIES) & (set(table.read("entries")) | set(table.read("excuses"))))


@pytest.mark.parametrize("kind", TABLES)
def test_every_name_is_registered(kind: str) -> None:
    excused = [name for check in table.read("excuses").get(kind, {}).values() for name in check]
    named = {name.partition(" for ")[0] for name in (*table.read("entries").get(kind, {}), *excused)}
    assert named <= set(table.names(kind))


def test_every_excuse_says_what_is_raised_and_why() -> None:
    for checks in table.read("excuses").values():
        for names in checks.values():
            assert all(set(excuse) == {"says", "because"} for excuse in names.values())


def test_an_excuse_that_is_not_needed_fails() -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="passes 'step' after all"),
        table.checking("initializer", "Zeros", "step"),
    ):
        pass
