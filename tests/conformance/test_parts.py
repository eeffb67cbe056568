"""Every initializer, regularizer and constraint in a layer, and every task with a head: as layers are tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.training.session import import_keras
from tests.conformance import table, tiny
from tests.conformance.checks import conforms


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("initializer", "regularizer", "constraint") for name in table.names(kind)],
)
def test_a_part_of_a_layer(kind: str, name: str, tmp_path: Path) -> None:
    import_keras()
    if (own := table.same_as(kind, name)) is not None:
        assert own in table.names(kind), "it is tested by its own name"
        return
    table.skip_unless_installed(kind, name)
    conforms(kind, name, tiny.part_config(kind, name), tmp_path)


@pytest.mark.parametrize(("name", "number"), table.tasks())
def test_a_task(name: str, number: int, tmp_path: Path) -> None:
    conforms("task", name, table.task(name, number), tmp_path)
