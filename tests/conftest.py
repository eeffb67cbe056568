"""Fixtures that every test may use: a cache of the tests' own, and MNIST where it is at hand."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from mnist_files import find_mnist

# Two busy cores make single examples slow; a deadline would fail them at random.
settings.register_profile("shapenet", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("shapenet")


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # in the background, where shapenet would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Packed stores and the list of plug-ins go to folders of this test process, never to the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("SHAPENET_CACHE", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def own_precision() -> Iterator[None]:
    """A test that trains in mixed precision leaves the next one float32."""
    yield
    if hasattr(sys.modules.get("keras"), "config"):
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Folder with MNIST's ``train.csv`` and ``test.csv``; skips, with the reason, where there is none."""
    try:
        return find_mnist()
    except FileNotFoundError as error:
        pytest.skip(str(error))
