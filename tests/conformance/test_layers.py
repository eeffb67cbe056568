"""Every layer and block: built from YAML, trained a step, saved, loaded, and the same in mixed precision."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.training.session import import_keras
from tests.conformance import table, tiny
from tests.conformance.checks import conforms


@pytest.mark.parametrize("name", table.names("layer"))
def test_a_layer(name: str, tmp_path: Path) -> None:
    import_keras()
    if (own := table.same_as("layer", name)) is not None:
        assert own in table.names("layer"), "it is tested by its own name"
        return
    table.skip_unless_installed("layer", name)
    conforms("layer", name, tiny.layer_config(name), tmp_path)
