"""Nearly right values of fields whose form the schema does not tell: several tasks, blocks, patterns, epochs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Draw = Callable[[Any, str], Any]
"""Draws a component of a kind."""

_TASK_NAMES = ("kind", "size", "kind", "size", "loss", "9x", "val", "")
_PATTERNS = ("*", "conv*", "stage/*", "dense", "[", "", "none", "backbone/*", "**", "?")
_NAMES = ("stage", "stage", "unit", "Dense", "name", "$x", "a b", "repeat")
_PARAMETERS = ("filters", "filters", "times", "name", "9", "x y")


def several_tasks(rng: random.Random, draw: Draw) -> Any:
    """Tasks by names."""
    return {name: draw(rng, "task") for name in _names(rng)}


def by_task(rng: random.Random, value: Callable[[], Any]) -> Any:
    """A value for each of several tasks."""
    return {name: value() for name in _names(rng)}


def _names(rng: random.Random) -> list[str]:
    return ["kind", "size"] if rng.random() < 0.8 else rng.sample(_TASK_NAMES, rng.choice((1, 2, 3)))


def layers_in_layers(rng: random.Random, draw: Draw) -> Any:
    """A list of layers repeated, grouped, or in the use of a block that may be defined."""
    inner = [draw(rng, "layer") for _ in range(rng.choice((0, 0, 1)))]
    inner.append(rng.choice(("Flatten", {"Dense": {"units": "$filters"}}, {"stage": {"filters": 3}}, {"Dropout": 0.1})))
    return rng.choice((
        {"repeat": {"times": rng.choice((0, 1, 2, 3, 100, 10_000, -1, "$times")), "layers": inner}},
        {"group": {"layers": inner, "input_names": rng.choice((["input"], ["a", "b"], [], "a"))}},
        {rng.choice(_NAMES): {rng.choice(_PARAMETERS): rng.choice((1, 2, "x", None)), "name": "one"}},
        {rng.choice(_NAMES): {}},
        {"Add": {"inputs": rng.choice((["previous", "one"], ["input", "none"], "one", []))}},
    ))  # fmt: skip


def definitions(rng: random.Random, draw: Draw) -> Any:
    """Blocks by names, which may use each other, or themselves."""
    return {
        rng.choice(_NAMES): {
            "parameters": {rng.choice(_PARAMETERS): rng.choice((1, 3, "relu", [1], {"a": 1}))},
            "layers": [layers_in_layers(rng, draw) for _ in range(rng.choice((1, 1, 2)))],
            **({"inputs": rng.choice((["input"], ["a", "b"], ["previous"], 3))} if rng.random() < 0.3 else {}),
        }
        for _ in range(rng.choice((1, 1, 2, 3)))
    }


def initial_weights(rng: random.Random) -> Any:
    """Of a run or of a file."""
    where = rng.choice(({"run": "latest"}, {"weights": "a.weights.h5"}, {"weights": "/dev/zero"}, {"run": "../x"}, {}))
    more = {"layers": patterns(rng)} if rng.random() < 0.5 else {}
    return {**where, **more, **({"checkpoint": rng.choice(("best", "last", "first"))} if rng.random() < 0.3 else {})}


def patterns(rng: random.Random) -> Any:
    """Patterns of layers' names, one or a list."""
    return rng.choice((rng.choice(_PATTERNS), rng.sample(_PATTERNS, 2)))


def multipliers(rng: random.Random) -> Any:
    """Learning rates by pattern."""
    return {rng.choice(_PATTERNS): rng.choice((0, 0.1, 1, -1, "fast")) for _ in range(2)}


def thaw(rng: random.Random) -> Any:
    """When layers begin to learn."""
    return {"at_epoch": rng.choice((1, 2, 3, 10**6, 2.5)), "layers": patterns(rng)}


def phase(rng: random.Random) -> Any:
    """A number of steps, told in epochs."""
    return {rng.choice(("epochs", "epochs", "epochs", "epoch")): rng.choice((1, 2, 0.5, 0, -1, 10**9, "1", None))}
