"""Commands on data that says no classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module", params=["folder", "csv"])
def unlabelled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images in a folder without folders of classes, or in a CSV without labels."""
    folder = tmp_path_factory.mktemp("unlabelled")
    random = np.random.default_rng(0)
    for number in range(20):
        Image.fromarray(random.integers(0, 256, (8, 8, 3)).astype(np.uint8)).save(folder / f"{number}.png")
    if request.param == "folder":
        return folder
    path = folder / "list.csv"
    path.write_text("path,level\n" + "".join(f"{number}.png,{number}\n" for number in range(20)))
    return path


def test_info_tells_that_there_are_no_labels(cli, unlabelled):
    done = cli("data", "info", unlabelled)
    assert done.code == 0
    assert "no labels" in done.out
    assert "label int64" not in done.out


def test_check_notes_it_and_judges_no_classes(cli, unlabelled):
    done = cli("data", "check", unlabelled)
    assert done.code == 0
    assert "data/no-labels" in done.out
    assert "data/single-class" not in done.out


def test_preview_and_pack_take_it(cli, unlabelled, tmp_path):
    assert "20 of 20 images, no labels" in cli("data", "preview", unlabelled, "--out", tmp_path / "p.png").out
    assert "20 images" in cli("data", "pack", unlabelled).out


def test_a_divided_data_set_without_labels_is_checked(cli, unlabelled, tmp_path):
    source = f"{{csv: {{path: {unlabelled}, numbers: [level]}}}}"
    if unlabelled.is_dir():
        source = f"{{folder: {{path: {unlabelled}}}}}"
    config = tmp_path / "c.yaml"
    config.write_text(f"name: c\ntask: reconstruction\ndata: {{source: {source}}}\nmodel: {{layers: [ReLU]}}\n")
    done = cli("data", "check", "--config", config)
    assert (done.code, "data/no-labels" in done.out) == (0, True)
