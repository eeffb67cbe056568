"""A run to evaluate."""

from __future__ import annotations

import pytest

from shapenet.experiment import load_experiment
from shapenet.rundir.paths import RunDir
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from tests.evaluation.judged import CONFIG, write_images


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    folder = tmp_path_factory.mktemp("judged")
    write_images(folder / "images", 120)
    (folder / "judged.yaml").write_text(CONFIG, encoding="utf-8")
    return train(load_experiment(folder / "judged.yaml"), folder / "runs", (), Reporter()).run
