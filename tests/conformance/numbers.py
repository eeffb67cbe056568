"""The numbers that each entry gives, to be compared between backends; run by itself, it writes all of them to a file.

``KERAS_BACKEND=jax python -m tests.conformance.numbers FOLDER`` writes FOLDER/numbers.npz and FOLDER/failed.json.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.optim.steps import Pace, in_steps
from shapenet.training.build import Compiled, build_augmenter
from shapenet.training.fields import batch_fields
from tests.conformance import table, tiny

Numbers = dict[str, np.ndarray]
SGD = {"optimizer": {"SGD": {"learning_rate": 0.01}}}
KINDS = (
    "layer", "initializer", "regularizer", "constraint", "task", "loss", "metric", "optimizer", "schedule",
    "augmentation",
)  # fmt: skip


def entries() -> list[tuple[str, str]]:
    """Every entry that gives numbers, each by its kind and name."""
    return [(kind, name) for kind in KINDS for name in table.names(kind)]


def numbers(kind: str, name: str, folder: Path) -> Numbers:
    """What an entry gives, from weights that depend on their names alone.

    Args:
        kind: Its registry.
        name: Its name.
        folder: Takes files.
    """
    if kind in ("initializer", "regularizer", "constraint", "layer") and table.same_as(kind, name):
        return {}
    if kind == "layer":
        return of_model({**tiny.layer_config(name), **SGD}, folder)
    if kind in ("regularizer", "constraint"):
        return of_model({**tiny.part_config(kind, name), **SGD}, folder)
    if kind == "optimizer":
        return of_model({"layers": ["Flatten"], "optimizer": table.component(kind, name)}, folder)
    if kind == "task":
        ways = [number for task, number in table.tasks() if task == name]
        return {
            f"{n}/{key}": value for n in ways for key, value in of_model({**table.task(name, n), **SGD}, folder).items()
        }
    special = {"initializer": initial, "schedule": rates, "augmentation": augmented}
    return special[kind](name, folder) if kind in special else judged(kind, name, folder)


def of_model(config: dict[str, Any], folder: Path) -> Numbers:
    """Output before and after a step; the latter only where nothing is drawn at random."""
    made = tiny.compiled(tiny.experiment(folder, **config))
    tiny.settle(made)
    found = {"output": tiny.output(made)}
    if not any("seed" in variable.path for variable in made.model.variables):
        found["loss"] = np.array(tiny.train(made))
        found["after a step"] = tiny.output(made)
    return found


def initial(name: str, folder: Path) -> Numbers:
    """Initial weights, where they are the same each time."""
    trial = tiny.experiment(folder, **tiny.part_config("initializer", name))
    one, other = (first_weights(tiny.compiled(trial, seed)) for seed in (1, 2))
    return {"weights": one} if np.array_equal(one, other) else {}


def first_weights(made: Compiled) -> np.ndarray:
    return next(iter(tiny.weights(made).values()))


def rates(name: str, folder: Path) -> Numbers:
    """Rates from the first step to beyond the last one."""
    tiny.begin(tiny.experiment(folder, ["Flatten"]))
    schedule = in_steps(parse_component("schedule", table.component("schedule", name)), Pace(20, 1)).create()
    return {"rates": np.array([float(schedule(step)) for step in range(25)])}


def augmented(name: str, folder: Path) -> Numbers:
    """A batch after augmentation."""
    import tensorflow as tf

    data = {"augment": [table.component("augmentation", name)]}
    trial = tiny.experiment(folder, ["Flatten"], data=data)
    made = tiny.compiled(trial)
    augmenter = build_augmenter(trial.config, tiny.SPEC, made.bound)
    assert augmenter is not None
    batch = {field: tf.constant(tiny.batch()[field]) for field in batch_fields(trial.config)}
    return {field: value.numpy() for field, value in augmenter(batch, 0, 1).items()}


def judged(kind: str, name: str, folder: Path) -> Numbers:
    """What a loss or metric says with each task that takes it."""
    found = {}
    for task, number in table.tasks():
        given = table.component(kind, name)
        more = {"loss": given} if kind == "loss" else {"metrics": [given]}
        try:
            made = tiny.compiled(tiny.experiment(folder, **table.task(task, number), **more))
        except ConfigError:
            continue
        tiny.settle(made)
        true, outputs = tiny.targets(made), tiny.output(made)
        learnt = made.tasks[""]
        judges = [learnt.loss] if kind == "loss" else learnt.metrics.values()
        found.update({f"{task}/{number}": np.array(float(judge(true, outputs))) for judge in judges if callable(judge)})
    return found


def main(folder: Path) -> None:
    """Write the numbers of all entries, and why some have none."""
    found: Numbers = {}
    failed: dict[str, str] = {}
    for kind, name in entries():
        try:
            given = numbers(kind, name, folder)
            found.update({f"{kind} {name} {key}": value for key, value in given.items()})
        except Exception:
            failed[f"{kind} {name}"] = traceback.format_exc()
    np.savez(folder / "numbers.npz", **found)
    (folder / "failed.json").write_text(json.dumps(failed), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
