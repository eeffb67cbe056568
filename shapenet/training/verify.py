"""Whether a config's training, killed and resumed, gives the numbers of one that nobody disturbed."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapenet.callbacks.base import TIMES, Row
from shapenet.callbacks.checkpoint import checked_weights, positions, read_arrays, read_state
from shapenet.errors import RunError, ShapenetError
from shapenet.experiment import load_experiment
from shapenet.interruption import signals_held
from shapenet.rundir.atomic import TEMPORARY_PREFIX
from shapenet.rundir.find import iterate_runs
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from shapenet.training.resume import check_backend, resume_run
from shapenet.words import counted


@dataclass(frozen=True)
class Verdict:
    """How two runs compare.

    Attributes:
        equal: Whether all that was compared is equal, bit for bit.
        lines: What to say about it.
    """

    equal: bool
    lines: tuple[str, ...]


def verify_resume(
    config: Path, overrides: Sequence[str], *, limit_epochs: int | None, tell: Callable[[str], None]
) -> Verdict:
    """Train a config, train it again with a SIGKILL in its middle, resume that, and compare the two.

    Each training is a process of its own, and all is done in a temporary folder.

    Args:
        config: The YAML file.
        overrides: Changes to it.
        limit_epochs: Train so many epochs; None for the config's own number.
        tell: Is told what comes next.

    Raises:
        ShapenetError: A training failed by itself, or can't be resumed.
    """
    changes = [*overrides, *([f"training.epochs={limit_epochs}"] if limit_epochs else [])]
    check_backend(config, load_experiment(config, changes))
    with tempfile.TemporaryDirectory(prefix="shapenet-verify-") as folder:
        whole_dir, killed_dir = Path(folder, "undisturbed"), Path(folder, "killed")
        tell("training undisturbed")
        steps = _trained(_train, str(config), changes, str(whole_dir))
        whole = next(iterate_runs(whole_dir))
        at = (math.ceil(read_manifest(whole.run_json).epochs_done / 2), steps)
        # A checkpoint must come before the kill; when one is saved does not change the numbers.
        changes = [*changes, f"training.checkpoint.every_steps={max(1, steps // 3)}"]
        tell(f"training again, killed in epoch {at[0]} after half of its steps, as soon as something is saved")
        ends = -signal.SIGKILL, 0
        if _trained(_train_until_killed, str(config), changes, str(killed_dir), at[0], expected=ends):
            return _verdict((), None, None)
        killed = next(iterate_runs(killed_dir))
        tell("resuming it")
        _trained(_resume, str(killed.root))
        resumed = read_manifest(killed.run_json).resumed[-1]
        differences = list(_differences(whole, killed))
        deterministic = getattr(read_manifest(whole.run_json).device, "deterministic", None)
    return _verdict(differences, (resumed.epoch, resumed.step), deterministic)


def _verdict(differences: Sequence[str], at: tuple[int, int] | None, deterministic: bool | None) -> Verdict:
    """What follows from the differences to a training that went on in an epoch, after a step; None if it never did."""
    if at in (None, (1, 0)):
        text = "nothing was verified: the training ended, or was killed, before there was anything to go on from"
        return Verdict(False, (text, "with more epochs or fewer steps at once there may be"))
    where = "it went on in epoch {} after step {}".format(*at)
    if not differences:
        return Verdict(True, (f"equal, bit for bit: weights, optimizer, metrics, best; {where}",))
    why = () if deterministic else ("the training is not deterministic: see training.deterministic",)
    first = f"not equal, {counted(len(differences), 'difference')}; {where}"
    return Verdict(False, (first, *differences[:10], *why))


def _trained(work: Callable[..., None], *arguments: Any, expected: Collection[int] = (0,)) -> int:
    """Do `work` in a new process that must end with an expected code; returns what it sent.

    Raises:
        ShapenetError: The training's own.
        RunError: It ended otherwise.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_told, args=(work, arguments, sender))
    with signals_held(signal.SIGINT):
        process.start()
    sender.close()
    sent: int | ShapenetError = 0
    try:
        with suppress(EOFError):
            while True:
                sent = receiver.recv()
    except BaseException:
        process.terminate()  # Ctrl-C does not reach it
        raise
    finally:
        process.join()
    if isinstance(sent, ShapenetError):
        raise sent
    if process.exitcode not in expected:
        hint = "shapenet train with the same config may tell more"
        message = f"a training ended with {process.exitcode}, expected {' or '.join(map(str, expected))}"
        raise RunError("run/verify", message, hint=hint)
    return sent


def _told(work: Callable[..., None], arguments: Sequence[Any], sender: Any) -> None:
    """Do `work`; what a user can put right is sent, rather than shown with a traceback."""
    try:
        work(*arguments, sender)
    except ShapenetError as error:
        sender.send(error)


class _Watching(Reporter):
    """Hears how many images an epoch has, and may end the process as soon as there is something to go on from."""

    def __init__(self, kill_in_epoch: int | None = None) -> None:
        self._kill_in_epoch = kill_in_epoch
        self._checkpoints_dir: Path | None = None
        self.num_images = 0

    def opened(self, run: Path) -> None:
        """Remember where checkpoints are saved."""
        self._checkpoints_dir = RunDir(run).checkpoints_dir

    def step(self, epoch: int, images_done: int, images_total: int, logs: Mapping[str, float]) -> None:
        """Remember, or end."""
        self.num_images = images_total
        if self._kill_in_epoch is not None and (epoch, images_done / images_total) >= (self._kill_in_epoch, 0.5):
            self._end_if_saved()

    def epoch(self, row: Row, *, is_best: bool) -> None:
        """End, if it should have ended before."""
        if self._kill_in_epoch is not None and row["epoch"] >= self._kill_in_epoch:
            self._end_if_saved()

    def _end_if_saved(self) -> None:
        """End, unless there is no whole checkpoint, nor one that will be whole in a moment."""
        folder = self._checkpoints_dir
        while folder and not any(positions(folder)) and any(folder.glob(f"{TEMPORARY_PREFIX}*")):
            time.sleep(0.01)
        if folder and any(positions(folder)):
            os.kill(os.getpid(), signal.SIGKILL)


def _train(config: str, changes: Sequence[str], runs_dir: str, sender: Any) -> None:
    watching = _Watching()
    experiment = load_experiment(Path(config), changes)
    train(experiment, Path(runs_dir), ("shapenet", "train", "--verify-resume"), watching)
    sender.send(math.ceil(watching.num_images / experiment.config.training.batch_size))


def _train_until_killed(config: str, changes: Sequence[str], runs_dir: str, epoch: int, sender: Any) -> None:
    experiment = load_experiment(Path(config), changes)
    train(experiment, Path(runs_dir), ("shapenet", "train", "--verify-resume"), _Watching(epoch))
    sender.send(True)


def _resume(run: str, sender: Any) -> None:
    resumption = resume_run(RunDir(Path(run)), trust=True)
    train(resumption.experiment, Path(run).parents[1], ("shapenet", "train", "--resume"), Reporter(), resumption)


def _differences(one: RunDir, other: RunDir) -> Iterator[str]:
    if _best(one) != _best(other):
        yield f"best: {_best(one)} and {_best(other)}"
    rows = [[_untimed(json.loads(line)) for line in run.metrics.read_text().splitlines()] for run in (one, other)]
    if rows[0] != rows[1]:
        yield "metrics.jsonl"
    for name in ("best", "last"):
        pair = [_weights(run.checkpoints_dir / name) for run in (one, other)]
        yield from (f"weights of {name}: {key}" for key in pair[0] if pair[0][key] != pair[1].get(key))
    pair = [{key: value.tobytes() for key, value in read_arrays(run.last_dir).items()} for run in (one, other)]
    yield from (f"state: {key}" for key in pair[0] if pair[0][key] != pair[1].get(key))
    if read_state(one.last_dir)["callbacks"] != read_state(other.last_dir)["callbacks"]:
        yield "state: callbacks"


def _best(run: RunDir) -> dict[str, Any] | None:
    best = read_manifest(run.run_json).best
    return {"epoch": best.epoch, **_untimed(best.metrics)} if best else None


def _untimed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in TIMES}


def _weights(checkpoint: Path) -> dict[str, bytes]:
    import h5py

    found: dict[str, bytes] = {}

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    with h5py.File(checked_weights(checkpoint)) as file:
        file.visititems(add)
    return found
