"""One process that forks trainings, for all tests of resuming."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.fork_server import NoCompilerError
from tests.chaos.kill import Harness


@pytest.fixture(scope="session")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    try:
        made = Harness(tmp_path_factory.mktemp("kill"))
    except NoCompilerError as error:
        pytest.skip(str(error))
    yield made
    made.close()
