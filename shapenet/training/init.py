"""Initial weights from another run or from a file of weights."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shapenet.callbacks.checkpoint import checked_weights
from shapenet.config.learning import InitConfig
from shapenet.errors import Key, RunError, did_you_mean
from shapenet.experiment import Experiment
from shapenet.models.patterns import chosen, named_layers
from shapenet.models.weights import Shapes, assign_weights, layer_shapes, own_shapes, read_layers
from shapenet.rundir.atomic import machine_errors
from shapenet.rundir.find import find_run
from shapenet.rundir.paths import RunDir
from shapenet.values import ConfigText
from shapenet.words import counted

_LOG = logging.getLogger("shapenet")


@dataclass(frozen=True)
class InitialLayer:
    """What became of a layer that has weights.

    Attributes:
        name: Its name.
        num_parameters: How many numbers it has.
        skipped: Why its weights are not those of the file; None if they are.
    """

    name: str
    num_parameters: int
    skipped: str | None = None


@dataclass(frozen=True)
class InitialWeights:
    """Where a model's first weights come from.

    Attributes:
        source: The file.
        layers: All layers with weights, in the model's order.
    """

    source: Path
    layers: tuple[InitialLayer, ...]

    @property
    def num_loaded(self) -> int:
        """Layers whose weights come from the file."""
        return sum(layer.skipped is None for layer in self.layers)

    def lines(self) -> list[str]:
        """A table of the layers: what was loaded, what not, and why."""
        width = max(len(layer.name) for layer in self.layers)
        what = f"{self.num_loaded} of {counted(len(self.layers), 'layer')} from {self.source}"
        return [what, *(f"{layer.name:<{width}}  {_outcome(layer)}" for layer in self.layers)]


def _outcome(layer: InitialLayer) -> str:
    if layer.skipped is not None:
        return f"skipped: {layer.skipped}"
    return f"loaded, {counted(layer.num_parameters, 'parameter')}"


def with_found_run(experiment: Experiment, runs_dir: Path) -> Experiment:
    """The experiment with the directory of the run that ``init.run`` means: ``latest`` is another one tomorrow.

    Args:
        experiment: The experiment.
        runs_dir: Folder of all runs.

    Raises:
        RunError: There is no such run.
    """
    init = experiment.config.init
    if init is None or init.run is None:
        return experiment
    with experiment.locating():
        try:
            run = _run_near_config(init.run) or find_run(str(init.run), runs_dir)
        except RunError as error:
            problems = (replace(problem, place=None, key=("init", "run")) for problem in error.problems)
            raise error.replacing(problems) from None
    found = init.model_copy(update={"run": str(run.root.resolve())})
    return replace(experiment, config=experiment.config.model_copy(update={"init": found}))


def _run_near_config(text: str) -> RunDir | None:
    """The run at a path that starts from the config's folder."""
    run = RunDir(text.base_dir / text) if isinstance(text, ConfigText) else None
    return run if run is not None and run.run_json.is_file() else None


def initialise(model: Any, init: InitConfig | None) -> InitialWeights | None:
    """Give a model the weights that a config names; the others stay as they are drawn.

    Layers whose weights are means and deviations of the train split keep their own, as outputs and inputs are
    standardised by the data that the model learns from; unless ``init.layers`` has the very name of such a layer.

    Args:
        model: A built ``keras.Model`` whose optimizer is not built yet.
        init: The section; None does nothing.

    Returns:
        What was loaded, and what not, which the log tells too.

    Raises:
        RunError: The file is missing, damaged or no file of weights, or none of its weights fit.
        ConfigError: A pattern means no layer.
        MachineError: There is no room for a file.
    """
    if init is None:
        return None
    source = _source(init)
    with machine_errors(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        unordered = own_shapes(model, Path(folder))
        named = named_layers(model)
        own = {name: unordered[name] for name in named if name in unordered}
        patterns: dict[Key, str] = {("init", "layers", at): pattern for at, pattern in enumerate(init.layers)}
        wanted = {name for names in chosen([*own], patterns).values() for name in names}
        statistics = {name for name in own if getattr(named[name], "holds_statistics", False)}
        theirs = layer_shapes(source)
        layers = tuple(_layers(own, theirs, wanted, statistics - {*init.layers}))
        loaded = InitialWeights(source, layers)
        if not loaded.num_loaded:
            raise _nothing_fits(loaded, theirs)
        fitting = {layer.name for layer in layers if layer.skipped is None}
        assign_weights(model, read_layers(source, fitting), Path(folder))
    for line in loaded.lines():
        _LOG.info("initial weights: %s", line)
    return loaded


def _source(init: InitConfig) -> Path:
    if init.weights is not None:
        return init.weights
    run = RunDir(Path(str(init.run)))
    return checked_weights(run.best_dir if init.checkpoint == "best" else run.last_dir)


_NOT_NAMED = "init.layers does not name it"
_STATISTICS = "it holds the statistics of this run's train split"


def _layers(
    own: Mapping[str, Shapes], theirs: Mapping[str, Shapes], wanted: set[str], kept: set[str]
) -> Iterator[InitialLayer]:
    for name, here in own.items():
        there = theirs.get(name, {})
        skipped = None
        if name not in wanted:
            skipped = _NOT_NAMED
        elif name in kept:
            skipped = _STATISTICS
        elif name not in theirs:
            skipped = "there is no layer of this name"
        elif here != there:
            skipped = f"expected shapes {_shown(here)}, received {_shown(there)}"
        yield InitialLayer(name, sum(map(math.prod, here.values())), skipped)


def _shown(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(" x ".join(map(str, shape)) or "one number" for shape in shapes.values())


def _nothing_fits(loaded: InitialWeights, theirs: Mapping[str, Any]) -> RunError:
    asked = [layer for layer in loaded.layers if layer.skipped != _NOT_NAMED]
    first = min(asked, key=lambda layer: layer.skipped == _STATISTICS, default=None)
    reason = f"{first.name}: {first.skipped}" if first else "the model has no weights"
    hint = did_you_mean(first.name, theirs) if first else None
    if first and first.skipped == _STATISTICS:
        hint = f"to take the other's all the same, name it in full: init: {{layers: {first.name}}}"
    message = f"expected weights for some layer, received none that fit from {loaded.source}; {reason}"
    return RunError("run/no-weights-fit", message, key=("init",), hint=hint or f"its layers are {', '.join(theirs)}")
