"""Whether every layer learns, and whether gradients keep their size on the way back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.checks.bench import Bench
from shapenet.checks.learner import Batch
from shapenet.data.inspect.finding import MOST_EXAMPLES, Finding, Severity
from shapenet.models.patterns import named_layers
from shapenet.words import counted

FAR_APART = 1e5
"""Ratio of the relative gradients of two layers from which one learns next to nothing beside the other."""
HUGE = 1e3
"""Root mean square of a gradient over that of its weights from which it explodes; sound networks stay below 10."""
_STEPS = 5
_CODE, _SIZE_CODE = "check/gradients", "check/gradient-size"


@dataclass(frozen=True)
class _Flow:
    """What reaches a layer.

    Attributes:
        gradient: Root mean square of the gradient of all its trainable weights.
        relative: The same of its kernels, over that of their values; None without any.
    """

    gradient: float
    relative: float | None


def gradients(bench: Bench) -> Iterator[Finding]:
    """The gradients of each trainable layer, at first and after a few steps.

    A layer may start without a gradient and get one as soon as another has moved: behind weights that begin
    at 0, for example. One that gets none in both is dead.
    """
    trainable, frozen = _layers(bench)
    if not trainable:
        message = f"nothing is trainable: all {counted(len(frozen), 'layer')} with weights are frozen"
        hint = "look at training.freeze and at trainable: false among the layers' arguments"
        yield Finding(Severity.ERROR, _CODE, message, {"layers": len(frozen)}, hint=hint)
        return
    if frozen:
        message = f"{counted(len(frozen), 'layer')} of {len(frozen) + len(trainable)} with weights are frozen"
        yield Finding(Severity.NOTE, "check/frozen", message, {"layers": len(frozen)}, tuple(frozen[:MOST_EXAMPLES]))
    learner = bench.learner
    batch = bench.examples.at(slice(0, learner.batch_size))
    learner.reset()
    first = _flows(bench, trainable, batch)
    learner.train(batch, _STEPS, bench.seconds)
    later = _flows(bench, trainable, batch)
    learner.reset()
    yield from _reaching(first, later)
    yield from _sizes(first)


def _layers(bench: Bench) -> tuple[dict[str, list[int]], list[str]]:
    """Positions of the trainable variables of each layer, in the model's order; and layers that are frozen."""
    model = bench.learner.model
    places = {id(variable): place for place, variable in enumerate(model.trainable_variables)}
    trainable: dict[str, list[int]] = {}
    frozen: list[str] = []
    for name, layer in named_layers(model).items():
        if found := [places[id(variable)] for variable in layer.trainable_variables]:
            trainable[name] = found
        elif layer.weights and not layer.trainable:
            frozen.append(name)
    return trainable, frozen


def _flows(bench: Bench, layers: Mapping[str, list[int]], batch: Batch) -> dict[str, _Flow]:
    """What reaches each layer with the present weights."""
    values = [variable.numpy() for variable in bench.learner.model.trainable_variables]
    found = bench.learner.gradients(batch)
    gradients = [np.zeros(1) if gradient is None else gradient for gradient in found]
    flows = {}
    for name, places in layers.items():
        kernels = [place for place in places if values[place].ndim > 1]
        size = _size([values[place] for place in kernels])
        relative = _size([gradients[place] for place in kernels]) / size if size else None
        flows[name] = _Flow(_size([gradients[place] for place in places]), relative)
    return flows


def _size(arrays: Sequence[npt.NDArray[Any]]) -> float:
    """The root mean square of some arrays together; 0 for none."""
    count = sum(array.size for array in arrays)
    return math.sqrt(sum(float(np.sum(np.square(array, dtype=np.float64))) for array in arrays) / max(count, 1))


def _reaching(first: Mapping[str, _Flow], later: Mapping[str, _Flow]) -> Iterator[Finding]:
    """Layers that gradients don't reach, or reach as no number."""
    total = counted(len(first), "trainable layer")
    lost = [name for name in first if not math.isfinite(first[name].gradient)]
    if lost:
        message = f"gradients of {len(lost)} of {total} are NaN or infinite: expected finite numbers"
        hint = "a layer divides by 0, takes the logarithm of 0 or overflows; a lower precision than float32 may do it"
        yield Finding(Severity.ERROR, _CODE, message, {"layers": len(lost)}, tuple(lost[:MOST_EXAMPLES]), hint)
        return
    dead = [name for name in first if first[name].gradient == 0 and later[name].gradient == 0]
    if dead:
        message = f"no gradient reaches {len(dead)} of {total}: expected one in each"
        hint = "a layer whose output does not count, or an activation that is 0 for all it sees, such as after zeros"
        yield Finding(Severity.ERROR, _CODE, message, {"layers": len(dead)}, tuple(dead[:MOST_EXAMPLES]), hint)
    else:
        yield Finding(Severity.OK, _CODE, f"gradients reach each of {total}", {"layers": 0})


def _sizes(flows: Mapping[str, _Flow]) -> Iterator[Finding]:
    """Whether layers get gradients of about the same size relative to their weights."""
    sizes = {name: flow.relative for name, flow in flows.items() if flow.relative and math.isfinite(flow.relative)}
    if len(sizes) < 2:
        return
    least, greatest = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    ratio = sizes[greatest] / sizes[least]
    message = (
        f"gradients relative to weights differ {ratio:,.0f}-fold between layers, "
        f"from {sizes[least]:.1e} in {least} to {sizes[greatest]:.1e} in {greatest}"
    )
    numbers = {"ratio": ratio, "least": sizes[least], "greatest": sizes[greatest]}
    if sizes[greatest] > HUGE:
        message += f": they explode; expected less than {HUGE:,.0f} in each"
        hint = "scale the inputs, begin with smaller weights (GlorotUniform, HeNormal), or use batch normalization"
        yield Finding(Severity.WARNING, _SIZE_CODE, message, numbers, hint=hint)
        return
    if ratio < FAR_APART:
        yield Finding(Severity.OK, _SIZE_CODE, message, numbers)
        return
    names = list(sizes)
    vanish = names.index(least) < names.index(greatest)
    how = "they vanish on the way back" if vanish else "they grow on the way back"
    hint = "batch normalization, shortcuts (Residual), relu in place of sigmoid, or HeNormal weights keep their size"
    message = f"{message}: {how}; expected less than {FAR_APART:,.0f}-fold"
    yield Finding(Severity.WARNING, _SIZE_CODE, message, numbers, hint=hint)
