"""Every optimizer and schedule: state that is saved goes on as if it had never been saved."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.optim.steps import Pace, in_steps
from shapenet.registry import REGISTRIES
from tests.conformance import table, tiny

LAYERS = ["Flatten", {"Dense": {"units": 4, "activation": "tanh"}}, "BatchNormalization"]
ALL = {"use_ema": True, "ema_overwrite_frequency": 3, "gradient_accumulation_steps": 2, "clipnorm": 1.0}
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "in mixed precision": {"precision": "mixed_bfloat16"},
    "averaging and accumulating": ALL | {"weight_decay": 0.01},
}
TOTAL = 20


def goes_on(config: dict[str, Any], folder: Path) -> None:
    """Two steps, a file, one more step: with and without the file in between."""
    trial = tiny.experiment(folder, LAYERS, **config)
    made = tiny.compiled(trial)
    before = tiny.weights(made)
    tiny.train(made)
    tiny.train(made)
    again = tiny.reloaded(trial, made, folder)
    assert tiny.train(made) == tiny.train(again)
    for one, other in zip(made.model.variables, again.model.variables, strict=True):
        if "seed" not in one.path:
            np.testing.assert_array_equal(one.numpy(), other.numpy(), one.path)
    for one, other in zip(made.model.optimizer.variables, again.model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), one.path)
    after = tiny.weights(made)
    assert [path for path in before if np.array_equal(before[path], after[path])] == [], "it changes all weights"
    assert all(np.isfinite(value).all() for value in after.values())


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", table.names("optimizer"))
def test_an_optimizer(name: str, variant: str, tmp_path: Path) -> None:
    more = dict(VARIANTS[variant])
    training = {"precision": more.pop("precision", "float32")}
    with table.checking("optimizer", name, variant):
        goes_on({"optimizer": {name: {**table.arguments("optimizer", name), **more}}, "training": training}, tmp_path)


def half_a_cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2


def one_cycle(step: int) -> float:
    first, rise = 0.1 / 25, 0.3 * TOTAL
    if step < rise:
        return half_a_cosine(first, 0.1, step / rise)
    return half_a_cosine(0.1, first / 1e4, min(1, (step - rise) / (TOTAL - rise)))


OURS: dict[str, Callable[[int], float]] = {
    "OneCycle": one_cycle,
    "Warmup": lambda step: min(step / 4, 1) * half_a_cosine(0.1, 0, min(1, max(step - 4, 0) / (TOTAL - 4))),
    "WarmupStableDecay": lambda step: 0.1 * min(step / 4, 1) * (1 - min(1, max(step - 12, 0) / 8)),
}
"""The formulas of our own schedules with the arguments of ``entries.yaml``."""


@pytest.mark.parametrize("name", table.names("schedule"))
def test_a_schedule(name: str, tmp_path: Path) -> None:
    tiny.begin(tiny.experiment(tmp_path, ["Flatten"]))
    written = table.component("schedule", name)
    schedule = in_steps(parse_component("schedule", written), Pace(TOTAL, 1)).create()
    steps = [0, 1, 4, TOTAL // 2, TOTAL, TOTAL + 5]
    rates = [float(schedule(step)) for step in steps]
    assert all(0 <= rate < 1 for rate in rates)
    assert len(set(rates)) > 1
    if REGISTRIES["schedule"].get(name).origin == "shapenet":
        np.testing.assert_allclose(rates, [OURS[name](step) for step in steps], rtol=1e-5, atol=1e-9)
    goes_on({"optimizer": {"SGD": {"learning_rate": written}}, "training": {"epochs": TOTAL // 2}}, tmp_path)
