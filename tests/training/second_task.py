"""A plug-in: a task with a target of its own, as far from classes as can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Component
from shapenet.rundir.atomic import write_atomic
from shapenet.tasks.base import DataSpec, Moves
from shapenet.tasks.report import Files, Gallery, Row, Table


@REGISTRIES["task"].register("number")
def number(*, field: str) -> Any:
    """One number an image."""
    return Number(field)


class Number:
    """Learns a field of the records, in units of its spread."""

    monitor = "mean_absolute_error"

    def __init__(self, field: str) -> None:
        self.fields = (field,)

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        if given is not None and "Crossentropy" in given.name:
            raise ConfigError("config/loss", f"{given.name} is not a loss for numbers", key=("loss",))
        return given or Component("loss", "MeanSquaredError")

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        return given or (Component("metric", "MeanAbsoluteError"),)

    def bind(self, data: DataSpec) -> Any:
        return BoundNumber(data, self.fields[0])


class BoundNumber:
    """The same on data."""

    moves = Moves()

    def __init__(self, data: DataSpec, field: str) -> None:
        self.field = field
        mean, deviation = data.statistics.moments(field)
        self.mean, self.deviation = float(mean), float(deviation)

    def head(self, features: Any, *, prefix: str) -> Any:
        import keras

        return keras.layers.Dense(1, dtype="float32", name=f"{prefix}number")(keras.layers.Flatten()(features))

    def check_output(self, shape: tuple[int | None, ...]) -> None:
        if shape[1:] != (1,):
            raise ConfigError("model/output", f"expected one number, received {shape[1:]}")

    def make(self, component: Component, *, logits: bool) -> Any:
        return component.create()

    def metric_hint(self, loss: Component) -> None:
        return None

    def encode(self, batch: Mapping[str, Any], loss: Component) -> Any:
        return (batch[self.field][:, None] - self.mean) / self.deviation

    def class_counts(self) -> None:
        return None

    def weights(self, batch: Mapping[str, Any], class_weights: Any, loss: Any) -> Any:
        raise AssertionError("there are no classes to weigh")

    def uninformed(self, targets: Any, *, logits: bool) -> Any:
        return np.zeros((len(targets), 1), np.float32)

    def evaluator(self, num_examples: int, *, logits: bool) -> Any:
        return Evaluator(self, num_examples)


class Evaluator:
    """Sums errors, and keeps numbers."""

    def __init__(self, task: BoundNumber, num_examples: int) -> None:
        self.task = task
        self.errors = np.full(num_examples, np.nan)

    def add(self, positions: Any, fields: Mapping[str, Any], outputs: Any) -> None:
        predicted = outputs[:, 0] * self.task.deviation + self.task.mean
        self.errors[positions] = predicted - fields[self.task.field]

    def report(self) -> Any:
        return Report(self.task.field, self.errors)


@dataclass(frozen=True)
class Report:
    """How far off."""

    field: str
    errors: Any

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "worst": float(np.abs(self.errors).max()), "num_examples": len(self.errors)}

    def tables(self) -> tuple[Table, ...]:
        return (Table(("field", "worst"), (Row((self.field, float(np.abs(self.errors).max()))),)),)

    def write(self, folder: Path, gallery: Gallery) -> Files:
        lines = [f"{name},{error:.3f}" for name, error in zip(gallery.names, self.errors, strict=True)]
        write_atomic(folder / "errors.csv", "\n".join(lines) + "\n")
        gallery.write_sheet(folder / "worst.png", gallery.images([0, 1]), ["", ""], (gallery.run_name, self.field))
        return Files(folder / "errors.csv", (folder / "worst.png",))
