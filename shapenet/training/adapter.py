"""Connects listeners, which know nothing of Keras, to Keras's ``fit``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from shapenet.callbacks.base import Listener
from shapenet.data.stream.batches import AnyBatches
from shapenet.training.continuation import Continuation


class Adapter:
    """What Keras's callback calls; counts epochs from 1, measures time, and forwards.

    Args:
        listeners: Who hears, in this order.
        batches: The training batches, which are told what epoch comes next.
        continuation: Where the training goes on; None if it begins.
    """

    def __init__(
        self, listeners: Sequence[Listener], batches: AnyBatches, continuation: Continuation | None = None
    ) -> None:
        self._listeners = listeners
        self._batches = batches
        self._continuation = continuation
        self._seconds_before = continuation.seconds if continuation else 0.0
        self._model: Any = None
        self._epoch = 1
        self._began = 0.0
        self._train_seconds = 0.0

    def train_begin(self, model: Any) -> None:
        """Training begins."""
        self._model = model
        for listener in self._listeners:
            listener.train_begin(model)
        if self._continuation:
            self._continuation.train_begin(model)

    def epoch_begin(self, epoch: int) -> None:
        """An epoch begins, counted from 0."""
        self._epoch = epoch + 1
        self._batches.epoch = epoch
        self._began, self._seconds_before = time.perf_counter() - self._seconds_before, 0.0
        for listener in self._listeners:
            listener.epoch_begin(self._epoch)

    def train_batch_end(self, batch: int, logs: Any) -> None:
        """Steps up to `batch`, counted from 0, are done."""
        step = min(batch + 1, len(self._batches))
        if self._continuation and self._continuation.passes(self._epoch, step):
            self._train_seconds = self._epoch_seconds()
            return
        values = _floats(logs)
        for listener in self._listeners:
            listener.steps_end(self._epoch, step, values)
        self._train_seconds = self._epoch_seconds()

    def test_begin(self) -> None:
        """Validation begins."""
        for listener in self._listeners:
            listener.validation_begin(self._epoch)

    def test_batch_end(self) -> None:
        """Some steps of the validation are done."""
        for listener in self._listeners:
            listener.validation_steps_end()

    def epoch_end(self, logs: Any) -> None:
        """An epoch and its validation are done."""
        values = _floats({"learning_rate": self._model.optimizer.learning_rate, **logs})
        row: dict[str, float] = {"epoch": self._epoch}
        row.update((name, values[name]) for name in sorted(values, key=_place_in_row))
        row["seconds"] = round(time.perf_counter() - self._began, 3)
        row["images_per_second"] = round(self._batches.num_records / self._train_seconds, 1)
        for listener in self._listeners:
            listener.epoch_end(row)
        if self._continuation:
            self._continuation.epoch_end()

    def facts(self) -> dict[str, float]:
        """What a checkpoint remembers of an epoch that goes on: ``seconds`` that it has taken."""
        return {"seconds": round(self._epoch_seconds(), 3)}

    def _epoch_seconds(self) -> float:
        return time.perf_counter() - self._began


def to_keras_callback(adapter: Adapter) -> Any:
    """The ``keras.callbacks.Callback`` that calls `adapter`."""
    import keras

    callback: Any = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: adapter.train_begin(callback.model),
        on_epoch_begin=lambda epoch, logs: adapter.epoch_begin(epoch),
        on_train_batch_end=adapter.train_batch_end,
        on_test_begin=lambda logs: adapter.test_begin(),
        on_test_batch_end=lambda batch, logs: adapter.test_batch_end(),
        on_epoch_end=lambda epoch, logs: adapter.epoch_end(logs),
    )
    return callback


def _floats(logs: Any) -> dict[str, float]:
    """The values as the shortest decimals that give back the same float32."""
    import numpy as np

    return {name: float(str(np.float32(value))) for name, value in (logs or {}).items()}


def _place_in_row(name: str) -> tuple[bool, bool, bool, bool]:
    """The loss first, then those of tasks, then metrics; training before validation, the learning rate last."""
    is_val = name.startswith("val_")
    return name == "learning_rate", is_val, name.removeprefix("val_") != "loss", not name.endswith("loss")
