"""Fixtures that every test may use: a cache of the tests' own, and MNIST where it is at hand."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent
MNIST_ARCHIVE = REPOSITORY.parent / "shared" / "data" / "mnist-png.tar.gz"

# Two busy cores make single examples slow; a deadline would fail them at random.
settings.register_profile("shapenet", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("shapenet")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Packed stores go to a folder of this test process, never to the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHAPENET_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Folder with MNIST's ``train.csv`` and ``test.csv``; skips where there is none.

    ``SHAPENET_MNIST`` names the folder or the archive; else the archive beside the
    repository is unpacked once, into the temporary folder.
    """
    place = Path(os.environ.get("SHAPENET_MNIST", MNIST_ARCHIVE))
    if place.is_dir():
        return place
    if not place.is_file():
        pytest.skip(f"MNIST is not at {place}; SHAPENET_MNIST may name its folder or archive")
    return _unpacked(place, Path(tempfile.gettempdir()) / f"shapenet-mnist-{os.getuid()}")


def _unpacked(archive: Path, folder: Path) -> Path:
    """Unpack `archive` to `folder` unless that is done; safe when several processes do it at once."""
    if folder.is_dir():
        return folder
    temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        with tarfile.open(archive) as tar:
            tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.0 to 3.11.3 have none
            tar.extractall(temporary)  # noqa: S202
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
