"""The data of an experiment whose model is only tried, packed while Keras is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapenet.config.runtime import RuntimeConfig
from shapenet.experiment import Experiment
from shapenet.training.backend import choose_backend
from shapenet.training.data import load_data, open_sources
from shapenet.training.reporter import Reporter
from shapenet.training.session import import_keras_meanwhile

if TYPE_CHECKING:
    from shapenet.data.dataset import Dataset


def opened(experiment: Experiment, runtime: RuntimeConfig, reporter: Reporter) -> Dataset:
    """Pack and divide the data of an experiment, and import Keras meanwhile.

    Args:
        experiment: The experiment.
        runtime: What is computed with.
        reporter: Hears of packing.

    Raises:
        ConfigError: Parts of the config don't fit the data.
        DataError: The data is missing, damaged or unfit.
        MachineError: The cache can't be written, or Keras can't compute so.
    """
    with experiment.locating():
        sources = open_sources(experiment.config)
        choose_backend(runtime)
    importing = import_keras_meanwhile()
    dataset = load_data(experiment, sources, reporter)
    importing.join()
    return dataset
