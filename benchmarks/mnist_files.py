"""Where MNIST's PNGs and CSVs are, for benchmarks and tests."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

ARCHIVE = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "mnist-png.tar.gz"


def find_mnist() -> Path:
    """Folder with MNIST's ``train.csv`` and ``test.csv``.

    ``SHAPENET_MNIST`` names the folder, or an archive of it; else the archive beside the
    repository is taken. An archive is unpacked once, into the temporary folder.

    Raises:
        FileNotFoundError: There is none.
    """
    place = Path(os.environ.get("SHAPENET_MNIST", ARCHIVE)).absolute()
    if place.is_dir():
        return place
    if not place.is_file():
        raise FileNotFoundError(f"MNIST is not at {place}; SHAPENET_MNIST may name its folder or archive")
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
