"""When checkpoints are saved."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.callbacks import checkpoint
from shapenet.callbacks.best import BestEpoch
from shapenet.callbacks.checkpoint import Position, checked_weights, read_state
from shapenet.callbacks.saving import Checkpoints, Schedule
from shapenet.callbacks.state import TrainingState
from shapenet.errors import MachineError, RunInterruptedError

NEVER = Schedule(every_steps=None, every_seconds=None, keep=2)


@pytest.fixture(scope="module")
def model() -> Any:
    import keras

    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    made.compile(keras.optimizers.SGD(), "mse")
    made.optimizer.build(made.trainable_variables)
    return made


@pytest.fixture(autouse=True)
def costly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Saving takes so large a part of the time that only what must be saved is."""
    with monkeypatch.context() as patch:
        patch.setattr("shapenet.callbacks.saving._SHARE", 1e-9)
        yield


class Training:
    """Plays `fit`: the weight of the model is the number of the epoch."""

    def __init__(self, folder: Path, model: Any, schedule: Schedule = NEVER, epochs: int = 100) -> None:
        model.stop_training = False
        self.model, self.best = model, BestEpoch("loss")
        state = TrainingState(model, [])
        self.checkpoints = Checkpoints(folder, self.best, state, lambda: {"seconds": 1.0}, Position(), schedule, epochs)
        self.checkpoints.train_begin(model)

    def epoch(self, epoch: int, loss: float, steps: tuple[int, ...] = (4, 8)) -> None:
        self.checkpoints.epoch_begin(epoch)
        for step in steps:
            self.model.weights[0].assign([[epoch]])
            self.checkpoints.steps_end(epoch, step, {"loss": loss})
        row = {"epoch": epoch, "loss": loss}
        self.best.epoch_end(row)
        self.checkpoints.epoch_end(row)


def weight(checkpoint: Path) -> float:
    import h5py

    with h5py.File(checked_weights(checkpoint)) as file:
        found: list[np.ndarray[Any, Any]] = []
        file.visititems(lambda _, item: found.append(item[()]) if isinstance(item, h5py.Dataset) else None)
    return float(found[0][0, 0])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_best_of_short_epochs_is_saved_in_the_end_with_its_own_weights(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model)
    with training.checkpoints:
        for epoch, loss in enumerate((3.0, 1.0, 2.0, 4.0), start=1):
            training.epoch(epoch, loss)
        assert "epoch-0002" not in names(tmp_path)
    assert (weight(tmp_path / "best"), weight(tmp_path / "last")) == (2, 1)
    assert model.weights[0].numpy() == 4, "the training's weights are what they were"


def test_what_ends_the_training_at_the_end_of_an_epoch_leaves_the_best_before_it(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model)
    training.epoch(1, 3.0)
    training.epoch(2, 1.0)
    training.best.epoch_end({"epoch": 3, "loss": 0.5})
    training.checkpoints.__exit__(OSError, OSError("full"), None)
    assert weight(tmp_path / "best") == 2


def test_the_end_is_saved_after_the_best(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model, epochs=4)
    with training.checkpoints:
        for epoch, loss in enumerate((3.0, 1.0, 2.0, 4.0), start=1):
            training.epoch(epoch, loss)
    assert (weight(tmp_path / "best"), weight(tmp_path / "last")) == (2, 4)
    state = read_state(tmp_path / "last")
    assert (state["epoch"], state["step"], state["best"], state["seconds"]) == (4, None, {"epoch": 2, "loss": 1.0}, 1.0)


def test_steps_are_counted_over_the_ends_of_epochs(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model, Schedule(every_steps=12, every_seconds=None, keep=9))
    with training.checkpoints:
        for epoch in range(1, 5):
            training.epoch(epoch, 1.0)
    assert [name for name in names(tmp_path) if "step" in name] == ["epoch-0003-step-000004", "epoch-0004-step-000008"]


def test_so_many_of_the_newest_are_kept_and_the_best(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model, Schedule(every_steps=4, every_seconds=None, keep=2))
    with training.checkpoints:
        for epoch in range(1, 5):
            training.epoch(epoch, float(epoch))
    expected = ["best", "epoch-0001", "epoch-0004-step-000004", "epoch-0004-step-000008", "last"]
    assert names(tmp_path) == expected


def test_time_is_looked_at_after_every_execution(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model, Schedule(every_steps=None, every_seconds=1e-9, keep=9))
    with training.checkpoints:
        training.epoch(1, 1.0)
    assert names(tmp_path) == ["best", "epoch-0001", "epoch-0001-step-000004", "epoch-0001-step-000008", "last"]


def test_an_interruption_saves_the_state_once(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model)
    training.epoch(1, 1.0)
    training.checkpoints.steps_end(2, 4, {})
    interruption = RunInterruptedError(2, "SIGINT received")
    training.checkpoints.__exit__(type(interruption), interruption, None)
    assert names(tmp_path) == ["best", "epoch-0001", "epoch-0002-step-000004", "last"]
    assert weight(tmp_path / "last") == 1


def test_early_stopping_is_an_end(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model)
    with training.checkpoints:
        training.epoch(1, 1.0)
        model.stop_training = True
        training.epoch(2, 2.0)
    assert (tmp_path / "last").readlink() == Path("epoch-0002")
    assert read_state(tmp_path / "last")["stopped"] is True


def test_what_the_thread_meets_is_raised_at_the_next_look(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model)
    training.epoch(1, 1.0)
    training.checkpoints._joined()
    (tmp_path / "last").unlink()
    (tmp_path / "last").mkdir()
    training.checkpoints.save()  # nothing new, so nothing is done
    training.checkpoints.steps_end(2, 4, {})
    training.checkpoints.save()
    with pytest.raises(MachineError, match="expected a link, received a folder"), training.checkpoints:
        training.checkpoints.steps_end(2, 8, {})


def test_a_full_disk_tells_the_last_whole_checkpoint(
    tmp_path: Path, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(model: Any, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    training = Training(tmp_path, model, Schedule(every_steps=4, every_seconds=None, keep=2))
    training.checkpoints.steps_end(1, 4, {})
    training.checkpoints._joined()
    monkeypatch.setattr(checkpoint, "save_weights", full)
    with pytest.raises(MachineError) as caught, training.checkpoints:
        training.checkpoints.steps_end(1, 8, {})
    (problem,) = caught.value.problems
    assert "No space left on device" in problem.message
    assert problem.hint is not None
    num_bytes = sum(4 * weight.numpy().size for weight in model.weights)
    needed, free = re.findall(r"([\d,]+) bytes are (?:needed|free there)", problem.hint)
    assert num_bytes <= int(needed.replace(",", "")) <= 5 * num_bytes + 10_000  # the optimizer's values too
    assert int(free.replace(",", "")) > 0
    assert "the last whole checkpoint is that of epoch 1, step 4: shapenet train --resume" in problem.hint


def test_what_ends_the_training_is_told_rather_than_a_full_disk(tmp_path: Path, model: Any) -> None:
    training = Training(tmp_path, model)
    training.epoch(1, 1.0)
    training.epoch(2, 0.5)  # the best waits in memory
    (tmp_path / "epoch-0002").write_text("in the way")
    with pytest.raises(ZeroDivisionError), training.checkpoints:
        1 / 0  # noqa: B018
