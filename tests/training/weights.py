"""Models that are not trained, and the weights of those that were."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from shapenet.callbacks.checkpoint import checked_weights
from shapenet.fields import Field
from shapenet.tasks.base import DataSpec
from shapenet.training.build import Compiled, compile_model
from shapenet.training.session import start_session
from shapenet.training.statistics import StandIns

from .conftest import experiment_in

FIELDS = {"image": Field("uint8", (16, 16, 3)), "label": Field("int64", ())}
DATA = DataSpec(FIELDS, ("square", "triangle"), StandIns(FIELDS, 2))


def compiled_in(folder: Path, *overrides: str, steps_per_epoch: int = 10) -> Compiled:
    """The compiled model of the tiny experiment, changed by overrides."""
    config = experiment_in(folder, *overrides).config
    start_session(config.training, config.seed)
    return compile_model(config, DATA, steps_per_execution=1, steps_per_epoch=steps_per_epoch)


def weights_at(checkpoint: Path) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint by their names in its file."""
    import h5py

    arrays: dict[str, np.ndarray] = {}
    with h5py.File(checked_weights(checkpoint)) as file:
        file.visititems(lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return arrays
