"""What the tests of several tasks use: a gallery of images at hand, with sheets as the package draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from shapenet.data.inspect.sheet import titled
from shapenet.data.inspect.view import viewable
from shapenet.data.preview import contact_sheet
from shapenet.experiment import load_experiment
from shapenet.training.fit import TrainingResult, train
from shapenet.training.reporter import Reporter


class ImageGallery:
    """Images in memory; see `shapenet.tasks.report.Gallery`. Remembers the last sheet."""

    run_name = "a run"
    subject = "test"

    def __init__(self, images: Sequence[npt.NDArray[Any]]) -> None:
        self._images = images
        self.names = [f"image {number}" for number in range(len(images))]
        self.sheet: list[npt.NDArray[Any]] = []
        self.captions: list[str] = []

    def images(self, positions: Sequence[int]) -> list[npt.NDArray[Any]]:
        return self.viewable([self._images[position] for position in positions])

    def viewable(self, images: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        return [np.broadcast_to(image, (*image.shape[:2], 3)) for image in viewable(images)]

    def write_sheet(
        self, path: Path, images: Sequence[npt.NDArray[Any]], captions: Sequence[str], heading: tuple[str, str],
        *, columns: int = 6, tile: int = 128,
    ) -> None:  # fmt: skip
        self.sheet, self.captions = list(images), list(captions)
        titled(contact_sheet(images, captions, columns=columns, tile=tile), heading).save(path)


@pytest.fixture
def gallery_of() -> type[ImageGallery]:
    """Makes a gallery of a list of images."""
    return ImageGallery


@pytest.fixture(scope="session")
def train_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TrainingResult]:
    """Trains the config that a text is, with overrides."""

    def trained(text: str, *overrides: str) -> TrainingResult:
        folder = tmp_path_factory.mktemp("trained")
        path = folder / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return train(load_experiment(path, overrides), folder / "runs", ("shapenet", "train"), Reporter())

    return trained
