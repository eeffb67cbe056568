"""One watched process for the tests of each module."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.place import Place
from tests.hostile.sandbox import Watched


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, own_cache: Path) -> Iterator[Place]:
    state = Path(os.environ["XDG_STATE_HOME"])
    folder = tmp_path_factory.mktemp("hostile")
    inside, home = folder / "place", folder / "place" / "home"
    home.mkdir(parents=True)
    for name in ("base.yaml", "vocabulary.txt"):
        (home / name).write_text("project: stolen\n")
    watched = Watched(home, [inside, own_cache, state])
    yield Place(inside, watched)
    watched.close()
